import type { Decisions } from './decisions.js';
import { Pass } from './pass.js';
import type { Snapshot } from './snapshot.js';

/**
 * Decides which runs start now and which start is promised to others. The same snapshot gives the same decisions, in whatever order its
 * lists are.
 *
 * @param before the snapshot of the pass before; it shows the causes of moved promises
 */
export function decide(snapshot: Snapshot, before: Snapshot | null = null): Decisions {
  const pass = new Pass(snapshot, before);
  for (const _ of pass.turns());
  return pass.result();
}
