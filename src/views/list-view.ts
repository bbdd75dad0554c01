import { describeFaults } from '../backends/ports/container-state.js';
import type { WorkerSummary } from '../worker/list.js';
import { duration, table, titleOfWorker } from './format.js';

/** Living workers as a table. `now` in milliseconds since the epoch. */
export function workersTable(workers: readonly WorkerSummary[], now: number): string {
  const rows = workers.map(({ backend, status, why, ends, containers, objects, ...worker }) => [
    titleOfWorker(worker),
    backend,
    [status, status === 'degraded' ? describeFaults(containers) : why].filter(Boolean).join(': '),
    `in ${duration((ends.endsAt - now) / 1000)}`,
    String(objects.length),
  ]);
  return table([['WORKER', 'BACKEND', 'STATUS', 'ENDS', 'OBJECTS'], ...rows]);
}

/** The same for programs. */
export function workersDocument(workers: readonly WorkerSummary[]): Record<string, unknown>[] {
  return workers.map(({ objects, ends, createdAt, ...worker }) => ({
    ...worker,
    created: new Date(createdAt).toISOString(),
    ends: new Date(ends.endsAt).toISOString(),
    objects: objects.map(({ name }) => name),
  }));
}
