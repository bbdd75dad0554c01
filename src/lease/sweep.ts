import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import { type MayflyError, toMayflyError } from '../errors.js';
import type { EndReason } from '../events.js';
import type { StateLayout } from '../state/layout.js';
import { dueReason, groupByWorker } from './deadline.js';
import { endWorker } from './end-worker.js';
import { nodeNow } from './node-now.js';
import { sharedLook } from './shared-look.js';

export interface Swept {
  worker: string;
  backend: string;
  reason: EndReason;
  /** Why it could not be ended; `null` when it is gone, or would be. */
  error: MayflyError | null;
  /** What went wrong beside. */
  warnings: string[];
}

export interface SweepOptions {
  backend: Backend;
  layout: StateLayout;
  clock: Clock;
  dryRun: boolean;
  lockTimeout: number;
}

/** Ends every worker that is due, whoever made it, by labels alone; then what no worker needs any more. */
export async function sweep({
  backend,
  layout,
  clock,
  dryRun,
  lockTimeout,
}: SweepOptions): Promise<{ workers: Swept[]; tidied: string[] }> {
  const all = await backend.list();
  const now = await nodeNow(backend, clock);
  const due = [...groupByWorker(all)].flatMap(([worker, objects]) => {
    const reason = dueReason(objects, now);
    return reason === null ? [] : [{ worker, objects, reason }];
  });
  const look = sharedLook(backend, clock);
  const reasonNow = async (objects: readonly OwnedObject[]) => dueReason(objects, await nodeNow(backend, clock));
  const workers = await Promise.all(
    due.map(async ({ worker, objects, reason }): Promise<Swept> => {
      const swept = { worker, backend: backend.name, reason, error: null, warnings: [] as string[] };
      if (dryRun) return swept;
      try {
        const warn = (message: string) => void swept.warnings.push(message);
        await endWorker({ backend, worker, layout, clock, reason: reasonNow, operation: 'gc', lockTimeout, look, seen: objects, warn });
        return swept;
      } catch (error) {
        return { ...swept, error: toMayflyError(error) };
      }
    }),
  );
  return { workers, tidied: await backend.tidy({ dryRun }) };
}
