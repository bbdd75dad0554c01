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
import { errorUnderOwnName, livingWorker } from '../living-worker.js';
import { ownRun } from '../own-run.js';
import { type Route, route } from '../route.js';

const tar = 'application/x-tar';
const container = z.string().default(engineName).meta({ description: 'Default: the engine' });
const path = z
  .string()
  .regex(/^[^\0]+$/)
  .meta({ description: 'In the container' });

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
}

/** Files in the containers of a run's worker, as tars. */
export function fileRoutes({ runs, runtime }: FileParts): readonly Route[] {
  /** Errors have the run's own name in place of its worker's. */
  const within = async <T>(token: Token, id: string | undefined, name: string, use: (files: ContainerFiles) => Promise<T>): Promise<T> => {
    const place = livingWorker(await ownRun(runs, token, id));
    const backend = await runtime.openNode(place.node);
    try {
      return await use(await sessionsOf(backend).files(place.worker, name));
    } catch (error) {
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
      handle: ({ token, params, query }) =>
        within(token, params['id'], query.container, async (files) => {
          const body = await readTar(files, query.path, never());
          // A later error could not be answered any more.
          if (body instanceof PackedTree) assertNoSpecial(body);
          return { status: 200, body, headers: { 'content-type': tar } };
        }),
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
        within(token, params['id'], query.container, async (files) => {
          await copyFromStream(files, stream(), query.path, never());
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
        within(token, params['id'], query.container, async (files) => ({ status: 200, body: await files.stat(query.path, never()) })),
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
        within(token, params['id'], query.container, async (files) => ({
          status: 200,
          body: { working_directory: files.workingDirectory, owner: query.owner === 'true' ? await files.owner(never()) : null },
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

function never(): AbortSignal {
  return new AbortController().signal;
}
