import { type Counterfactual, counterfactuals, withNodes } from './counterfactual.js';
import type { Wait } from './decisions.js';
import { expectedStart } from './expected.js';
import { Pass } from './pass.js';
import type { Snapshot } from './snapshot.js';

/** Why a run waits, as of a snapshot. */
export interface Why {
  /** From 1: its place among the runs that wait, in the order in which they are decided. */
  position: number;
  wait: Wait;
  /** Workers that must end before its promised start, on the node of its promise; the last one first. */
  blockers: { id: string; until: number }[];
  /** When it would start if every worker lived as long as it may; no promise. `null`: unknown, or too many runs are before it. */
  expected: number | null;
  counterfactuals: Counterfactual[];
}

/**
 * @param elsewhere nodes that accept the run if its request names them or their labels
 * @returns `null`: the run does not wait, or it starts in this pass
 */
export function why(snapshot: Snapshot, id: string, elsewhere: readonly string[] = []): Why | null {
  const pass = new Pass(withNodes(snapshot, elsewhere));
  let position = 0;
  let changes: Counterfactual[] = [];
  for (const run of pass.turns()) {
    // The run was decided when the next one has its turn.
    if (pass.decided(id)) break;
    position += 1;
    if (run.id === id) changes = counterfactuals(pass, run, elsewhere);
  }
  const wait = pass.waits.get(id);
  if (!wait) return null;
  const expected = wait.code === 'reserved' ? wait.startsBy : expectedStart(snapshot, id, position);
  return { position, wait, blockers: blockersOf(snapshot, wait), expected, counterfactuals: changes };
}

function blockersOf({ nodes }: Snapshot, wait: Wait): Why['blockers'] {
  if (wait.code !== 'reserved') return [];
  const busy = nodes.find(({ name }) => name === wait.node)?.busy ?? [];
  return busy
    .flatMap(({ id, until }) => (until !== null && until <= wait.startsBy ? [{ id, until }] : []))
    .sort((a, b) => b.until - a.until || (a.id < b.id ? -1 : 1));
}
