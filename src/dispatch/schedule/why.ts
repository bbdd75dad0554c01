import { type Counterfactual, counterfactuals, withNodes } from './counterfactual.js';
import type { Wait } from './decisions.js';
import { expectedStart } from './expected.js';
import { Pass } from './pass.js';
import type { Closed, Snapshot, WaitingRun } from './snapshot.js';

/** Why a run waits, as of a snapshot. */
export interface Why {
  /** From 1: its place among the runs that wait, in the order in which they are decided. */
  position: number;
  wait: Wait;
  /** Workers that must end before its promised start, on the node of its promise; the last one first. */
  blockers: { id: string; until: number }[];
  /** Promises of other runs that it may not delay, on nodes that it could use. */
  promised: { run: string; node: string; startsBy: number }[];
  /** Nodes that accept it and are closed, or drained before it could end there. */
  closed: { node: string; reason: Closed }[];
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
  let promised: Why['promised'] = [];
  for (const run of pass.turns()) {
    // The run was decided when the next one has its turn.
    if (pass.decided(id)) break;
    position += 1;
    if (run.id !== id) continue;
    changes = counterfactuals(pass, run, elsewhere);
    promised = promisesBefore(pass, run);
  }
  const wait = pass.waits.get(id);
  if (!wait) return null;
  const expected = wait.code === 'reserved' ? wait.startsBy : expectedStart(snapshot, id, position);
  const asked = snapshot.waiting.find((run) => run.id === id)!;
  return {
    position,
    wait,
    blockers: blockersOf(snapshot, wait),
    promised,
    closed: closedFor(snapshot, asked),
    expected,
    counterfactuals: changes,
  };
}

function promisesBefore({ places, promises }: Pass, run: WaitingRun): Why['promised'] {
  return promises
    .within(places.listsOf(run).all, (other) => other.run.id !== run.id)
    .map(({ run: other, place }) => ({ run: other.id, node: place.node.name, startsBy: place.at }));
}

function closedFor({ now, nodes, classes }: Snapshot, { request }: WaitingRun): Why['closed'] {
  const accepting = new Set(classes[request.class]);
  return nodes.flatMap(({ name, closed, emptyBy }) => {
    const reason = closed ?? (emptyBy !== null && now + request.life > emptyBy ? 'drained' : null);
    return reason !== null && accepting.has(name) ? [{ node: name, reason }] : [];
  });
}

function blockersOf({ nodes }: Snapshot, wait: Wait): Why['blockers'] {
  if (wait.code !== 'reserved') return [];
  const busy = nodes.find(({ name }) => name === wait.node)?.busy ?? [];
  return busy
    .flatMap(({ id, until }) => (until !== null && until <= wait.startsBy ? [{ id, until }] : []))
    .sort((a, b) => b.until - a.until || (a.id < b.id ? -1 : 1));
}
