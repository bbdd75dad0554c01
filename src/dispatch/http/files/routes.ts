import { addAbortSignal, Readable } from 'node:stream';
import * as z from 'zod';
import type { ContainerFiles } from '../../../backends/ports/sessions.js';
import { notCopiedAll } from '../../../backends/shared/not-copied.js';
import { PackedTree } from '../../../backends/shared/pack.js';
import { specialOf } from '../../../backends/shared/special-files.js';
import { engineName } from '../../../spec/worker-spec.js';
import { copyFromStream, readTar } from '../../../worker/copy.js';
import type { Runtime } from '../../../worker/runtime.js';
import { sessionsOf } from '../../../worker/sessions.js';
import { MayflyError } from '../../../errors.js';
import type { Runs } from '../../runs.js';
import type { Token } from '../../store/store.js';
import { text } from '../fields.js';
import { errorUnderOwnName, livingWorker } from '../../living-worker.js';
import { ownRun } from '../own-run.js';
import { type Route, route } from '../route.js';
import type { Streams } from '../streams/streams.js';

const tar = 'application/x-tar';
const container = z.string().default(engineName).meta({ description: 'Default: the engine' });
const path = text.min(1).meta({ description: 'In the container' });

const statDocument = z
  .object({ path: z.string(), directory: z.boolean(), special: z.string().optional() })
  .nullable()
  .meta({ id: 'FileStat' });
const containerDocument = z.object({
  working_directory: z.string(),
  owner: z
    .object({ uid: z.int(), gid: z.int() })
    .nullable()
    .meta({ description: 'The ids of its user, if asked for; null: files belong to the user of the service' }),
});

export interface FileParts {
  runs: Pick<Runs, 'find'>;
  runtime: Pick<Runtime, 'openNode'>;
  streams: Streams;
}

/** Files in the containers of a run's worker, as tars. */
export function fileRoutes({ runs, runtime, streams }: FileParts): readonly Route[] {
  /** Errors have the run's own name in place of its worker's. A readable result ends with the token, and keeps its place until it is closed. */
  const within = async <T>(
    token: Token,
    id: string | undefined,
    name: string,
    use: (files: ContainerFiles, closed: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const place = livingWorker(await ownRun(runs, token, id));
    const { closed, release } = streams.admit(token, 'connection');
    try {
      const backend = await runtime.openNode(place.node);
      const result = await use(await sessionsOf(backend).files(place.worker, name), closed);
      if (result instanceof Readable) addAbortSignal(closed, result).once('close', release);
      else release();
      return result;
    } catch (error) {
      release();
      throw error instanceof MayflyError ? errorUnderOwnName(error, place) : error;
    }
  };
  return [
    route({
      method: 'get',
      path: '/v1/runs/:id/files',
      summary: 'Read a file or a directory of a container as a tar',
      scope: 'submit',
      query: z.object({ container, path }),
      replies: { 200: z.string().meta({ contentMediaType: tar, format: 'binary' }) },
      async handle({ token, params, query }) {
        const body = await within(token, params['id'], query.container, async (files, closed) => {
          const read = await readTar(files, query.path, closed);
          // A later error could not be answered any more.
          if (read instanceof PackedTree) assertNoSpecial(read);
          return read;
        });
        return { status: 200, body, headers: { 'content-type': tar } };
      },
    }),
    route({
      method: 'put',
      path: '/v1/runs/:id/files',
      summary: 'Unpack a tar into a directory of a container',
      scope: 'submit',
      query: z.object({ container, path }),
      // Programs that read the document can send it; x-tar is accepted too.
      streamed: 'application/octet-stream',
      replies: { 200: z.object({}) },
      handle: ({ token, params, query, stream }) =>
        within(token, params['id'], query.container, async (files, closed) => {
          await copyFromStream(files, stream(), query.path, closed);
          return { status: 200, body: {} };
        }),
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/files/stat',
      summary: 'What is at a path of a container, links followed; null: nothing',
      scope: 'submit',
      query: z.object({ container, path }),
      replies: { 200: statDocument },
      handle: ({ token, params, query }) =>
        within(token, params['id'], query.container, async (files, closed) => ({
          status: 200,
          body: await files.stat(query.path, closed),
        })),
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/files/container',
      summary: 'The working directory and the user of a container',
      scope: 'submit',
      query: z.object({
        container,
        owner: z.enum(['true', 'false']).default('false').meta({ description: 'Whether to look for the ids of its user' }),
      }),
      replies: { 200: containerDocument },
      handle: ({ token, params, query }) =>
        within(token, params['id'], query.container, async (files, closed) => ({
          status: 200,
          body: { working_directory: files.workingDirectory, owner: query.owner === 'true' ? await files.owner(closed) : null },
        })),
    }),
  ];
}

/** @throws MayflyError `copy_failed` where the tar would lack special files */
function assertNoSpecial(packed: PackedTree): void {
  const special: string[] = [];
  for (const { name, stat } of packed.entries()) if (specialOf(stat) !== undefined) special.push(`${name} is ${specialOf(stat)}`);
  if (special.length > 0) throw notCopiedAll(special);
}
