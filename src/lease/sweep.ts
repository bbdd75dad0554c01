import type { Backend } from '../backends/ports/backend.js';
import type { Clock } from '../clock.js';
import { type MayflyError, toMayflyError } from '../errors.js';
import { describeEnd, type EndReason } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { type SweptCache, sweepCaches } from './cache-sweep.js';
import { groupByWorker } from './deadline.js';
import { endOf } from './end-detail.js';
import { endWorker } from './end-worker.js';
import { nodeNow } from './node-now.js';
import { reasonToEnd } from './runner.js';
import { sharedLook } from './shared-look.js';
import { mayEnd, reasonSince } from './may-end.js';

export interface Swept {
  worker: string;
  backend: string;
  reason: EndReason;
  /** The reason for people. */
  why: string;
  /** Why the worker could not be ended; `null` where it has ended, or would end (`dryRun`). */
  error: MayflyError | null;
  /** Failures that did not stop the end. */
  warnings: string[];
}

export interface SweepOptions {
  backend: Backend;
  layout: StateLayout;
  clock: Clock;
  dryRun: boolean;
  lockTimeout: number;
}

/** Ends every due worker on a backend, found by labels, also of other machines. Then removes caches that are due, and shared objects that no worker needs. */
export async function sweep({
  backend,
  layout,
  clock,
  dryRun,
  lockTimeout,
}: SweepOptions): Promise<{ workers: Swept[]; caches: SweptCache[]; tidied: string[] }> {
  const all = await backend.list();
  const now = await nodeNow(backend, clock);
  const due = [...groupByWorker(all)].flatMap(([worker, objects]) => {
    const reason = reasonToEnd(objects, now);
    return reason === null ? [] : [{ worker, objects, reason }];
  });
  const look = sharedLook(backend, clock);
  const swept = await Promise.all(
    due.map(async ({ worker, objects, reason }): Promise<Swept | null> => {
      if (!(await mayEnd(worker, objects, now, { backend, layout, clock, ownKeeperFirst: false }))) return null;
      const why = describeEnd(endOf(reason, objects, []));
      const one = { worker, backend: backend.name, reason, why, error: null, warnings: [] as string[] };
      if (dryRun) return one;
      try {
        const warn = (message: string) => void one.warnings.push(message);
        const end = await endWorker({
          backend,
          worker,
          layout,
          clock,
          reason: reasonSince(objects, { backend, clock }),
          operation: 'gc',
          lockTimeout,
          look,
          seen: objects,
          warn,
        });
        return end ? { ...one, reason: end.reason, why: describeEnd(end) } : one;
      } catch (error) {
        return { ...one, error: toMayflyError(error) };
      }
    }),
  );
  const workers = swept.filter((one) => one !== null);
  const caches = await sweepCaches({ backend, clock, dryRun, measure: true });
  return { workers, caches, tidied: await backend.tidy({ dryRun }) };
}
