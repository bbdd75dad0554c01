import { EventEmitter, once } from 'node:events';
import type { Backend } from '../backends/ports/backend.js';
import { type Outgrown, outgrown } from '../backends/ports/sizes.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Log } from '../log.js';
import { cacheWatch } from './cache-watch.js';
import { deadlineOf, engineOf, groupByWorker, retentionOf } from './deadline.js';
import { type EndOptions, endWorker } from './end-worker.js';
import { insist } from './insist.js';
import { type Look, sharedLook } from './shared-look.js';
import { reasonToEnd } from './runner.js';
import { describeOutgrown, sizeWatch } from './size-watch.js';
import type { Troubles } from './troubles.js';
import { paceOf } from './pace.js';
import { retainFailedEngine } from './retain.js';
import { type MayEndOptions, mayEnd, ownKeeperHasMeasured, reasonSince } from './may-end.js';

/** Objects of each worker, by its name. */
export type Workers = ReadonlyMap<string, readonly OwnedObject[]>;

export interface WatchOptions extends MayEndOptions {
  backend: Backend;
  log: Log;
  troubles: Troubles;
  signal: AbortSignal;
  /** Called after each look with its workers and its begin, in milliseconds since the epoch. */
  onLook(workers: Workers, begunAt: number): void;
  /** Called after each look that failed. */
  onSilent(error: unknown): void;
}

/** Ends for a size that have begun, by worker: the engine at that time, and the sentence for people. */
type Begun = Map<string, { engine: string | undefined; detail: string }>;

/** Milliseconds until the next try after a failed end or look. For looks they double each time, up to `longestRetry`. */
const retryAfter = 2000;
const longestRetry = 30_000;
/** Milliseconds from an event to its look while workers are being ended: each end causes events itself. */
const eventPause = 1000;

/**
 * Watches one backend until aborted, and ends its workers in time. Workers are found by label, also those of other machines. One loop
 * looks at the backend; the other ends the workers that are due by the last look. So neither a look nor an end that hangs delays an end.
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { backend, clock, signal } = options;
  const pace = paceOf(backend);
  const seen = new Seen();
  const ending = new Map<string, Promise<void>>();
  const begun: Begun = new Map();
  const look = sharedLook(backend, clock, signal);
  const end = (worker: string, work: Promise<boolean>) => {
    const done = work.then((ended) => {
      ending.delete(worker);
      if (!ended) return;
      seen.remove(worker);
      begun.delete(worker);
    });
    ending.set(worker, done);
  };
  const watchSizes = sizeWatch({
    sizes: backend.sizes,
    clock,
    signal,
    onOutgrown: (found) => {
      const objects = seen.workers.get(found.worker);
      if (!objects || ending.has(found.worker)) return;
      end(found.worker, endOutgrown(found, deadlineOf(objects).endsAt - seen.skew, { look, begun, options }));
    },
    onError: (error) => options.troubles.report(`sizes ${backend.endpoint}`, { backend: backend.name }, 'cannot measure sizes', error),
  });
  const watchCaches = cacheWatch(options);
  const endDue = async () => {
    while (!signal.aborted) {
      const now = clock.now() + seen.skew;
      let wait = pace.keeper;
      for (const [worker, objects] of seen.workers) {
        if (ending.has(worker)) continue;
        if (reasonToEnd(objects, now) !== null) end(worker, endOne(worker, objects, now, { look, begun, options }));
        else if (retentionOf(objects) !== null) end(worker, retainOne(worker, objects, now, look, options));
        else wait = Math.min(wait, deadlineOf(objects).endsAt - now);
      }
      await sleepUntil(wait, (awake) => once(seen, 'changed', { signal: awake }), options);
    }
  };
  const lookOn = async () => {
    for (let failures = 0; !signal.aborted;) {
      let wait = pace.keeper;
      try {
        const begunAt = clock.now();
        const lookOnce = async () => ({ all: await backend.list(), skew: await backend.clockSkew() });
        const { all, skew } = await insist(lookOnce, clock, pace.patience, signal);
        failures = 0;
        const workers = groupByWorker(all);
        seen.replace(workers, skew);
        watchSizes(all);
        watchCaches();
        options.onLook(workers, begunAt);
      } catch (error) {
        if (signal.aborted) return;
        wait = Math.min(retryAfter * 2 ** failures, longestRetry);
        failures += 1;
        options.onSilent(error);
      }
      await sleepUntil(wait, (awake) => nextEvent(awake, seen, ending, options), options);
    }
  };
  await Promise.all([lookOn(), endDue()]);
  await Promise.allSettled(ending.values());
}

/** The workers of the last look, by name. Emits `changed` after each look, and `ended` when a worker was ended. */
class Seen extends EventEmitter {
  workers = new Map<string, OwnedObject[]>();
  /** The backend's clock minus ours, in milliseconds. */
  skew = 0;

  replace(workers: Map<string, OwnedObject[]>, skew: number): void {
    Object.assign(this, { workers, skew });
    this.emit('changed');
  }

  remove(worker: string): void {
    this.workers.delete(worker);
    this.emit('ended');
  }
}

/** Sleeps for `wait` milliseconds, or until the event. The signal given to `event` aborts when the sleep ends. */
async function sleepUntil(wait: number, event: (awake: AbortSignal) => Promise<unknown>, { clock, signal }: WatchOptions): Promise<void> {
  const awake = new AbortController();
  const either = AbortSignal.any([signal, awake.signal]);
  await Promise.race([clock.sleep(wait, either), event(either)]).catch(() => {});
  awake.abort();
}

/** Resolves at an event of the backend or the end of a worker; a moment later while workers are being ended, since each event causes a look. */
async function nextEvent(awake: AbortSignal, seen: Seen, ending: ReadonlyMap<string, unknown>, { backend, clock }: WatchOptions) {
  // A new promise each time: a shared one would collect the reactions of all looks.
  const never = new Promise<void>(() => {});
  await Promise.race([once(seen, 'ended', { signal: awake }), backend.changed?.(awake).catch(() => never) ?? never]);
  if (ending.size > 0) await clock.sleep(eventPause, awake);
}

/**
 * Ends a worker that uses more than its size. It measures again under the worker's lock.
 *
 * @param endsAt the worker's deadline by this machine's clock
 * @returns whether it has ended
 */
function endOutgrown(
  found: Outgrown,
  endsAt: number,
  { look, begun, options }: { look: Look; begun: Begun; options: WatchOptions },
): Promise<boolean> {
  const { backend, signal } = options;
  const { worker } = found;
  const detail = describeOutgrown(found);
  const reason = async (objects: readonly OwnedObject[]) => {
    if (outgrown(await backend.sizes!.used(worker, signal)).length === 0) return null;
    begun.set(worker, { engine: engineOf(objects)?.id, detail });
    return 'storage_exceeded' as const;
  };
  const end = async () => {
    await ownKeeperHasMeasured(worker, endsAt, options);
    return endIf({ worker, seen: [], reason, detail }, look, options);
  };
  return attempt(worker, end, options);
}

/** Ends a due worker. `seen`: its objects in the look that found it due, at `now` by the node's clock. @returns whether it has ended */
function endOne(
  worker: string,
  seen: readonly OwnedObject[],
  now: number,
  { look, begun, options }: { look: Look; begun: Begun; options: WatchOptions },
): Promise<boolean> {
  const since = reasonSince(seen, options);
  const first = begun.get(worker);
  // An end for its size that failed has stopped this engine.
  const isFirst = first !== undefined && first.engine === engineOf(seen)?.id && reasonToEnd(seen, now) === 'engine_ended';
  const reason = isFirst
    ? async (objects: readonly OwnedObject[]) => ((await since(objects)) === 'engine_ended' ? 'storage_exceeded' : null)
    : since;
  const due: Due = { worker, seen, reason, ...(isFirst && { detail: first.detail }) };
  const end = async () => (await mayEnd(worker, seen, now, options)) && (await endIf(due, look, options));
  return attempt(worker, end, options);
}

/** Keeps a worker whose engine has failed. @returns whether it is retained */
function retainOne(worker: string, seen: readonly OwnedObject[], now: number, look: Look, options: WatchOptions): Promise<boolean> {
  const { log } = options;
  const warn = (message: string) => log.warn({ worker }, message);
  const retain = async () => {
    const retained = (await mayEnd(worker, seen, now, options)) && (await retainFailedEngine({ ...options, worker, seen, look, warn }));
    if (retained) log.info({ worker }, 'retained');
    return retained;
  };
  return attempt(worker, retain, options, 'retain');
}

/** Tries to end or retain a worker. Logs a failure, and waits before it returns `false`: the next try must not follow at once. */
async function attempt(
  worker: string,
  act: () => Promise<boolean>,
  { clock, signal, troubles }: WatchOptions,
  what: 'end' | 'retain' = 'end',
): Promise<boolean> {
  const key = `${what} ${worker}`;
  try {
    const done = await act();
    troubles.over(key, { worker }, `the worker can be ${what}ed again`);
    if (done) return true;
  } catch (error) {
    if (!signal.aborted) troubles.report(key, { worker }, `could not ${what} the worker yet`, error);
  }
  await clock.sleep(retryAfter, signal).catch(() => {});
  return false;
}

type Due = Pick<EndOptions, 'worker' | 'seen' | 'reason' | 'detail'>;

async function endIf(due: Due, look: Look, { backend, layout, clock, log, signal }: WatchOptions): Promise<boolean> {
  const { worker } = due;
  const warn = (message: string) => log.warn({ worker }, message);
  const ended = await endWorker({ ...due, backend, layout, clock, operation: 'keeper', lockTimeout: 0, look, warn, signal });
  if (ended) log.info({ worker, backend: backend.name, ...ended }, 'ended');
  return ended !== null;
}
