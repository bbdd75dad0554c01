import { Pass } from './pass.js';
import type { Snapshot } from './snapshot.js';

/** With more runs before a run, its start is not computed. */
const mostBefore = 200;

/**
 * When a run would start if every worker lived as long as it may and every run before it were reserved too. Milliseconds since the epoch.
 *
 * @param position from 1, among all that wait
 * @returns `null`: unknown, or too many runs are before it
 */
export function expectedStart(snapshot: Snapshot, id: string, position: number): number | null {
  if (position > mostBefore) return null;
  const pass = new Pass({ ...snapshot, settings: { depth: Infinity, batch: Infinity } });
  for (const run of pass.turns()) if (run.id === id) return pass.look(run)?.at ?? null;
  return null;
}
