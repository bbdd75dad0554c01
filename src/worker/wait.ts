import type { Backend } from '../backends/ports/backend.js';
import { type ContainerState, describeFaults, isFaulty } from '../backends/ports/container-state.js';
import { MayflyError } from '../errors.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';
import { readLock } from '../state/lock.js';
import { endingsOf, endingSince } from './endings.js';
import type { Call } from './call.js';
import { locate, locateLiving, unknownWorker } from './locate.js';
import { summarise } from './list.js';
import { paceOf } from '../lease/pace.js';
import { nodeNow } from '../lease/node-now.js';

export interface WaitOptions {
  backend?: BackendName;
  /** Seconds; `null`: without a limit. */
  timeout: number | null;
}

/**
 * Waits until a worker is ready. A degraded worker is an error, unless an operation of this machine holds its lock: an apply may be
 * changing it. The result is in milliseconds since the epoch.
 *
 * @throws MayflyError `worker_unknown`, `worker_ended` (before it got ready), `not_ready` (degraded, retained), `timed_out`
 */
export async function waitUntilReady(call: Call, worker: string, options: WaitOptions): Promise<{ endsAt: number }> {
  const started = call.clock.now();
  let backend = await locateLiving(call, worker, options.backend);
  return poll(call, worker, 'ready', options, backend, async () => {
    const objects = await backend.list(worker);
    if (objects.length === 0) {
      await endingSince(call, worker, backend, started);
      backend = await locateLiving(call, worker, options.backend);
      return undefined;
    }
    const now = await nodeNow(backend, call.clock);
    const { status, ends, containers } = summarise(worker, backend.name, backend.endpoint, objects, now);
    if (status === 'degraded' && (await readLock(call.layout.lock(backend.name, worker))) === null) throw degraded(worker, containers);
    if (status === 'retained') throw retained(worker);
    return status === 'ready' ? { endsAt: ends.endsAt } : undefined;
  });
}

function retained(worker: string): MayflyError {
  return new MayflyError('not_ready', {
    place: { path: worker },
    cause: 'the worker is retained after a failed run, with its containers stopped',
    remedy: `see \`mayfly show ${worker}\`, or apply its spec again`,
  });
}

function degraded(worker: string, containers: readonly ContainerState[]): MayflyError {
  const { container } = containers.find(isFaulty)!;
  return new MayflyError('not_ready', {
    place: { path: `${worker}/${container}` },
    cause: `the worker is degraded: ${describeFaults(containers)}`,
    remedy: `see \`mayfly show ${worker}\` and \`mayfly logs ${worker} ${container}\`, then apply its spec again`,
  });
}

/**
 * Waits until a worker has ended. Returns at once for a worker that had ended before.
 *
 * @returns its history entry; `null` where none was recorded
 * @throws MayflyError `worker_unknown`, `timed_out`
 */
export async function waitUntilEnded(call: Call, worker: string, options: WaitOptions): Promise<HistoryEntry | null> {
  const started = call.clock.now();
  const { backend, asked } = await locate(call, worker, options.backend);
  if (!backend) {
    const [last] = await endingsOf(call, worker, asked);
    if (last) return last;
    throw unknownWorker(worker);
  }
  await poll(call, worker, 'ended', options, backend, async () => ((await backend.list(worker)).length === 0 ? true : undefined));
  return endingSince(call, worker, backend, started);
}

async function poll<T>(
  call: Call,
  worker: string,
  status: string,
  { timeout }: WaitOptions,
  backend: Backend,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const { clock, stop } = call;
  const deadline = timeout === null ? Infinity : clock.now() + timeout * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    const left = deadline - clock.now();
    if (left <= 0) {
      throw new MayflyError('timed_out', {
        place: { path: worker },
        cause: `the worker is not ${status} after ${timeout} s`,
        remedy: `see \`mayfly show ${worker}\`, or wait longer: --timeout`,
      });
    }
    await clock.sleep(Math.min(paceOf(backend).wait, left), stop);
  }
}
