import type { Backend, Outgrown, OwnedObject } from '../backends/backend.js';
import type { Clock } from '../clock.js';
import { toMayflyError } from '../errors.js';
import type { StateLayout } from '../state/layout.js';
import { currentLease, deadlineOf, dueReason, engineOf, groupByWorker } from './deadline.js';
import { type EndOptions, endWorker } from './end-worker.js';
import type { ExecWatch } from './exec-watch.js';
import { type Look, sharedLook } from './shared-look.js';
import { describeOutgrown, sizeWatch } from './size-watch.js';

export interface KeeperLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface WatchOptions {
  backend: Backend;
  layout: StateLayout;
  clock: Clock;
  log: KeeperLog;
  exec: ExecWatch;
  signal: AbortSignal;
  /** Called after each look with the number of workers that live. */
  onLook(workers: number): void;
}

/** Milliseconds between two looks when no deadline and no event comes first. */
export const lookEvery = 5000;
/** After a worker could not be ended, or the backend did not answer. */
const retryAfter = 2000;

/**
 * Watches one backend until aborted: looks at all that carries our labels, sleeps until the next deadline or event, and ends what is
 * due. Workers are found by label, whoever made them.
 */
export async function watch(options: WatchOptions): Promise<void> {
  const { backend, clock, log, signal } = options;
  const ending = new Map<string, Promise<void>>();
  const look = sharedLook(backend);
  const end = (worker: string, work: Promise<void>) => {
    ending.set(
      worker,
      work.finally(() => ending.delete(worker)),
    );
  };
  const watchSizes = sizeWatch({
    backend,
    clock,
    signal,
    onOutgrown: (found) => {
      if (!ending.has(found.worker)) end(found.worker, endOutgrown(found, look, options));
    },
    onError: (error) => log.warn({ backend: backend.name, cause: toMayflyError(error).message }, 'cannot measure sizes'),
  });
  while (!signal.aborted) {
    let wait = backend.lookEvery ?? lookEvery;
    try {
      const now = clock.now() + (await backend.clockSkew());
      const all = await backend.list();
      const workers = groupByWorker(all);
      watchSizes(all);
      options.onLook(workers.size);
      // Beside the deadlines, never before them.
      void options.exec.look(workers).catch((error) => log.warn({ cause: toMayflyError(error).message }, 'cannot tend the sockets'));
      for (const [worker, objects] of workers) {
        const reason = dueReason(objects, now);
        const { endsAt } = deadlineOf(objects);
        if (reason === null) wait = Math.min(wait, endsAt - now);
        else if (!ending.has(worker)) end(worker, endOne(worker, objects, look, options));
      }
    } catch (error) {
      log.warn({ backend: backend.name, endpoint: backend.endpoint, cause: toMayflyError(error).message }, 'cannot look at the backend');
      wait = retryAfter;
    }
    await nextLook(wait, ending, options);
  }
  await Promise.allSettled(ending.values());
}

/** The next deadline, an event of the backend, or the end of a worker that was being ended; whichever comes first. */
async function nextLook(wait: number, ending: Map<string, Promise<void>>, { backend, clock, signal }: WatchOptions): Promise<void> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  // Made anew each time: one for all looks would keep a reaction of each.
  const never = new Promise<void>(() => {});
  // What we end makes events of its own: they are not waited for then, nor where there are none to be had.
  const event = ending.size > 0 ? Promise.all(ending.values()) : (backend.changed?.(either).catch(() => never) ?? never);
  await Promise.race([clock.sleep(wait, either).catch(() => {}), event]);
  over.abort();
}

/** Ends it if it is still so under its lock: files may have gone since they were counted. */
async function endOutgrown(found: Outgrown, look: Look, options: WatchOptions): Promise<void> {
  const { backend, signal } = options;
  const reason = async () => ((await backend.outgrown!(found.worker, signal)).length > 0 ? 'storage_exceeded' : null);
  await endIf(found.worker, reason, look, options, describeOutgrown(found)).catch((error) => tellFailure(found.worker, error, options));
}

async function endOne(worker: string, seen: readonly OwnedObject[], look: Look, options: WatchOptions): Promise<void> {
  const { backend, clock, signal } = options;
  try {
    const skew = await backend.clockSkew();
    const engine = engineOf(seen)?.id;
    if (!(await isOverForSure(worker, seen, clock.now() + skew, options))) return;
    const reasonNow = (objects: readonly OwnedObject[]) => {
      const reason = dueReason(objects, clock.now() + skew);
      return reason === 'engine_ended' && engineOf(objects)?.id !== engine ? null : reason;
    };
    await endIf(worker, reasonNow, look, options);
  } catch (error) {
    tellFailure(worker, error, options);
    await clock.sleep(retryAfter, signal).catch(() => {});
  }
}

async function endIf(
  worker: string,
  reason: EndOptions['reason'],
  look: Look,
  { backend, layout, clock, log, signal }: WatchOptions,
  detail?: string,
): Promise<void> {
  const more = detail === undefined ? {} : { detail };
  const ended = await endWorker({ backend, worker, layout, clock, reason, ...more, operation: 'keeper', lockTimeout: 0, look, signal });
  if (ended) log.info({ worker, backend: backend.name, reason: ended, ...more }, 'ended');
}

function tellFailure(worker: string, error: unknown, { log }: WatchOptions): void {
  log.warn({ worker, cause: toMayflyError(error).message }, 'could not end it yet');
}

/**
 * A worker of another machine is being made or changed under a lock that isn't ours to see: one without a lease is left to its
 * apply, and an engine that ended counts when it is still there a while later, not replaced.
 */
async function isOverForSure(worker: string, seen: readonly OwnedObject[], now: number, options: WatchOptions): Promise<boolean> {
  const { backend, layout, clock, signal } = options;
  if (now >= deadlineOf(seen).endsAt || (await layout.knows(backend.name, worker))) return true;
  await clock.sleep(retryAfter, signal).catch(() => {});
  return currentLease(seen) !== undefined;
}
