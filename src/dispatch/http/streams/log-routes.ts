import * as z from 'zod';
import { unknownContainer } from '../../../backends/shared/unknown-container.js';
import { MayflyError, toMayflyError } from '../../../errors.js';
import type { Log } from '../../../log.js';
import { engineName } from '../../../spec/worker-spec.js';
import { beginCall } from '../../../worker/call.js';
import { findWorkerLog } from '../../../worker/logs.js';
import type { Runtime } from '../../../worker/runtime.js';
import type { Run } from '../../run.js';
import type { Runs } from '../../runs.js';
import { workerNameOf } from '../../worker-name.js';
import { errorDocument } from '../documents.js';
import { errorUnderOwnName } from '../../living-worker.js';
import { ownRun } from '../own-run.js';
import { route, type Route } from '../route.js';
import { logBody } from './log-body.js';
import { framedType } from './log-frames.js';
import type { Streams } from './streams.js';

export interface LogRouteParts {
  runs: Pick<Runs, 'find' | 'attempts'>;
  runtime: Runtime;
  streams: Streams;
  log: Log;
}

const query = z.object({
  container: z.string().default(engineName).meta({ description: 'Default: the engine' }),
  follow: z.enum(['true', 'false']).default('false').meta({ description: 'Until the container ends' }),
  tail: z.coerce.number().int().min(0).optional().meta({ description: 'Begin with this many of the last lines' }),
  since: z.iso.datetime({ offset: true }).optional().meta({ description: 'Only lines from this time on' }),
});

/** Logs of the containers of a run's last worker, also after its end. */
export function logRoutes({ runs, runtime, streams, log }: LogRouteParts): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/runs/:id/logs',
      summary: `The log of a container as it comes: text, or ${framedType} for a client that accepts it`,
      scope: 'read',
      query,
      answerType: framedType,
      replies: {
        200: z.string(),
        401: errorDocument,
        403: errorDocument,
        404: errorDocument,
        409: errorDocument,
        410: errorDocument,
        429: errorDocument,
      },
      async handle({ token, params, query: { container, follow, tail = null, since }, header }) {
        const run = await ownRun(runs, token, params['id']);
        const { node, worker } = await lastWorker(run, runs);
        assertContainer(run, node, container);
        const explain = (error: MayflyError) => errorUnderOwnName(error, { worker, name: run.name });
        const { closed, release } = streams.admit(token);
        const stop = new AbortController();
        const end = () => stop.abort();
        closed.addEventListener('abort', end, { once: true });
        if (closed.aborted) end();
        const call = beginCall(runtime, { stop: stop.signal });
        const options = {
          worker,
          container,
          backend: node,
          follow: follow === 'true',
          tail,
          since: since === undefined ? null : Date.parse(since),
        };
        const found = await findWorkerLog(call, options).catch((thrown: unknown) => {
          release();
          throw explain(toMayflyError(thrown));
        });
        const stream = logBody({
          framed: header('accept')?.includes(framedType) ?? false,
          async write(output) {
            await found.write(output);
            if (closed.aborted) throw ended(run);
          },
          close() {
            end();
            release();
          },
          explain(error) {
            if (closed.aborted) return ended(run);
            if (error.code === 'internal' && !stop.signal.aborted)
              log.warn({ err: error, run: run.id }, 'a log could not be read to its end');
            return explain(error);
          },
        });
        return { status: 200, stream };
      },
    }),
  ];
}

/** @throws MayflyError `not_possible` where no worker was made for the run */
async function lastWorker(
  { id, state, node, worker, attempt }: Run,
  runs: Pick<Runs, 'attempts'>,
): Promise<{ node: string; worker: string }> {
  if (node !== null && worker !== null) return { node, worker };
  const last = (await runs.attempts(id)).at(-1);
  if (last) return { node: last.node, worker: workerNameOf(id, attempt) };
  throw new MayflyError('not_possible', {
    place: { path: id },
    cause: `the run is ${state}: no worker was made for it`,
    remedy: 'see GET /v1/runs/ID until its state is running',
  });
}

/** A backend reports an unknown container too, but when the answer has begun. */
function assertContainer({ spec, name }: Run, node: string, container: string): void {
  if (spec === null) return;
  const names = [engineName, ...[...spec.containers, ...spec.service_containers].map((one) => one.name)];
  if (!names.includes(container)) throw unknownContainer(node, name, container, names);
}

function ended({ id }: Run): MayflyError {
  return new MayflyError('interrupted', {
    place: { path: id },
    cause: 'the service stops, or the token was removed',
    remedy: 'read the log again',
  });
}
