import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { MayflyError } from '../../../errors.js';
import { commandIdOf } from '../../../tasks/command-id.js';
import type { Runtime } from '../../../worker/runtime.js';
import { type OutputOptions, streamDetached } from '../../detached-output.js';
import type { Dispatcher } from '../../dispatcher.js';
import { assertHasCommand, notPossible } from '../../results/decisions.js';
import type { ResultsDirectory } from '../../results/directory.js';
import { outputName } from '../../results/manifest.js';
import { hasFiles, resultsStates } from '../../results/states.js';
import { hasCommand, isFinal, type Run, runReasons } from '../../run.js';
import type { Token } from '../../store/store.js';
import { errorDocument, runDocument, toRunDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { route, type Route } from '../route.js';
import { readableBody } from '../streams/readable-body.js';
import type { Streams } from '../streams/streams.js';

export interface ResultsParts {
  dispatcher: Dispatcher;
  directory: ResultsDirectory;
  streams: Streams;
  runtime: Runtime;
}

const resultsDocument = z
  .object({
    run: z.uuid(),
    state: z.enum(resultsStates).nullable().meta({ description: 'null: the command has not ended, or nothing was collected' }),
    exit_code: z.int().nullable(),
    reason: z.enum(runReasons).nullable(),
    error: z.object({ code: z.string(), cause: z.string(), remedy: z.string().nullable() }).nullable(),
    place: z.string().nullable().meta({ description: 'Where they were published; null: in the service alone' }),
    output: z
      .object({ tail: z.string(), bytes: z.int(), cut: z.boolean() })
      .nullable()
      .meta({ description: '`tail`: its last 16 KB. `cut`: the command has written more than is kept' }),
    files: z.array(z.object({ path: z.string(), bytes: z.int(), sha256: z.string() })),
    missing: z.array(z.object({ artifact: z.string(), cause: z.string() })).meta({ description: 'Artifacts that were not collected' }),
  })
  .meta({ id: 'Results' });

const binary = 'application/octet-stream';
const bytes = z.string().meta({ contentMediaType: binary, format: 'binary' });
const failed = { 401: errorDocument, 403: errorDocument, 404: errorDocument, 409: errorDocument };
const decision = z.strictObject({ justification: z.string().max(1000).default('') });

/** Output and results of runs with a command. */
export function resultsRoutes({ dispatcher, directory, streams, runtime }: ResultsParts): Route[] {
  const { runs, resultsDecisions } = dispatcher;
  const own = async (token: Token, id: string | undefined) => {
    const run = await ownRun(runs, token, id);
    assertHasCommand(run);
    return run;
  };
  return [
    route({
      method: 'get',
      path: '/v1/runs/:id/output',
      summary: "Output of a run's command, also while it runs",
      scope: 'read',
      query: z.object({
        from: z.coerce.number().int().min(0).default(0).meta({ description: 'The first byte' }),
        follow: z.enum(['true', 'false']).default('false').meta({ description: "`true`: until the command's end" }),
      }),
      replies: { 200: bytes, ...failed, 429: errorDocument },
      async handle({ token, params, query: { from, follow } }) {
        const run = await own(token, params['id']);
        const stream = await readableBody({
          ...{ streams, token, contentType: binary },
          open: async (signal) =>
            run.results && hasFiles(run.results)
              ? createReadStream(join(directory.pathOf(run.id), outputName), { start: from })
              : outputOfWorker(run, { from, follow: follow === 'true', signal }, runtime),
        });
        return { status: 200, stream };
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/results',
      summary: 'Exit code, output and files of a run with a command',
      scope: 'read',
      replies: { 200: resultsDocument, ...failed },
      async handle({ token, params }) {
        return { status: 200, body: await toResults(await own(token, params['id']), directory) };
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/results/:path{.+}',
      summary: 'One of the files of the results',
      scope: 'read',
      replies: { 200: bytes, ...failed },
      async handle({ token, params }) {
        const run = await own(token, params['id']);
        const manifest = run.results && hasFiles(run.results) ? await directory.manifest(run.id) : null;
        const file = manifest?.files.find(({ path }) => path === params['path']);
        if (!file) throw unknownFile(run, params['path']!);
        const digest = Buffer.from(file.sha256, 'hex').toString('base64');
        const headers = {
          ...{ 'content-type': binary, 'content-length': String(file.bytes) },
          ...{ 'repr-digest': `sha-256=:${digest}:`, 'content-disposition': 'attachment' },
        };
        return { status: 200, body: createReadStream(join(directory.pathOf(run.id), file.path)), headers };
      },
    }),
    ...(['accept', 'reject'] as const).map((verb) =>
      route({
        method: 'post',
        path: `/v1/runs/:id/results/${verb}`,
        summary: verb === 'accept' ? 'Publish results, also again after a failure' : 'Remove results without publishing them',
        scope: 'submit',
        body: decision,
        replies: { 202: runDocument, ...failed },
        async handle({ token, params, body }) {
          const { id } = await own(token, params['id']);
          return { status: 202, body: toRunDocument(await resultsDecisions[verb](id, body.justification)) };
        },
      }),
    ),
  ];
}

/** Starts to read the output in the worker. @throws MayflyError `not_possible` where there is none */
function outputOfWorker(run: Run, options: OutputOptions, runtime: Runtime): Promise<Readable> {
  const { id, state, node, worker, attempt, commandAt } = run;
  if (!hasCommand(run) || commandAt === null || node === null || worker === null || isFinal(state)) {
    const remedy = isFinal(state) ? 'see GET /v1/runs/ID/results' : 'send the request again when the command was started';
    throw notPossible(id, `the run is ${state}, and there is no output of its command`, remedy);
  }
  const place = { worker, container: run.command.container, id: commandIdOf({ id, attempt }) };
  return streamDetached(runtime, node, place, options);
}

/** Bytes of the output in an answer. */
const tailSize = 16_384;

async function toResults(run: Run, directory: ResultsDirectory): Promise<z.infer<typeof resultsDocument>> {
  const { id, results, exitCode, commandEnd, reason } = run;
  const manifest = results && hasFiles(results) ? await directory.manifest(id) : null;
  return {
    ...{ run: id, state: results?.state ?? null, reason: reason ?? commandEnd?.reason ?? null },
    ...{ error: results?.error ?? null, place: results?.place ?? null },
    exit_code: exitCode ?? commandEnd?.exitCode ?? null,
    output: manifest && { ...manifest.output, tail: await tailOf(join(directory.pathOf(id), outputName)) },
    ...{ files: manifest?.files ?? [], missing: manifest?.missing ?? [] },
  };
}

async function tailOf(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const length = Math.min(size, tailSize);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString();
  } finally {
    await file.close();
  }
}

function unknownFile({ id, results }: Run, path: string): MayflyError {
  const cause = results === null ? 'the run has no results yet' : `the results are ${results.state}, and have no such file`;
  return new MayflyError('not_found', { place: { path }, cause, remedy: `see GET /v1/runs/${id}/results` });
}
