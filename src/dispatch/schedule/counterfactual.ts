import { amountsOf } from './node-plan.js';
import { Pass } from './pass.js';
import type { NodeList } from './places.js';
import { fits } from './profile.js';
import type { Request, Snapshot, WaitingRun } from './snapshot.js';

/** A change of a request, and the start that it would have. `less`: MB or millicores. */
export interface Counterfactual {
  change: { kind: 'memory' | 'cpu'; less: number } | { kind: 'node'; node: string };
  startsAt: number;
}

/** The most that are returned. */
const most = 2;

/** A snapshot in which a request may also name one node alone. */
export function withNodes(snapshot: Snapshot, elsewhere: readonly string[]): Snapshot {
  const alone = elsewhere.map((node) => [classOf(node), [node]] as const);
  return { ...snapshot, classes: { ...snapshot.classes, ...Object.fromEntries(alone) } };
}

const classOf = (node: string) => `the node ${node}`;

/**
 * Changes with which a run would start at once: first less memory or cpu, then another node. Each is decided by the pass itself.
 *
 * @param pass of a snapshot of `withNodes`, at the run's turn
 * @param elsewhere nodes that accept the run if its request names them or their labels
 */
export function counterfactuals(pass: Pass, run: WaitingRun, elsewhere: readonly string[]): Counterfactual[] {
  const { now } = pass.places;
  const found: Counterfactual[] = [];
  const tryOut = (change: Counterfactual['change'], request: Request) => {
    const changed = { ...run, request };
    if (found.length < most && pass.look(changed)?.at === now && starts(pass.snapshot, changed)) found.push({ change, startsAt: now });
  };
  for (const kind of ['memory', 'cpu'] as const) {
    const amount = mostOf(kind, pass, run);
    if (amount === null) continue;
    const asks = { ...run.request.asks, [kind]: amount };
    tryOut({ kind, less: run.request.asks[kind] - amount }, { ...run.request, asks });
  }
  for (const node of elsewhere) tryOut({ kind: 'node', node }, { ...run.request, class: classOf(node) });
  return found;
}

/** Whether a changed run starts. Runs before it in their turn see nothing of it but its promise: without one, the look was enough. */
function starts(snapshot: Snapshot, changed: WaitingRun): boolean {
  if (changed.held === null) return true;
  const pass = new Pass({ ...snapshot, waiting: snapshot.waiting.map((run) => (run.id === changed.id ? changed : run)) });
  for (const _ of pass.turns()) if (pass.decided(changed.id)) break;
  return pass.started.has(changed.id);
}

/** The most of a kind with which the run fits a node now. `null`: none, or it asks for no more than that. */
function mostOf(
  kind: 'memory' | 'cpu',
  { places, organisations, promises }: Pass,
  { id, organisation, request }: WaitingRun,
): number | null {
  const index = kind === 'cpu' ? 0 : 1;
  const amounts = amountsOf(request.asks).with(index, 0);
  const { all } = places.listsOf({ request, avoid: null });
  const amount = promises.without(id, () => {
    const room = windowsOf(all)
      .filter(({ free, until }) => until - places.now >= request.life && fits(amounts, free))
      .map(({ free }) => free[index]!);
    return Math.floor(Math.min(Math.max(0, ...room), organisations.left(organisation, kind)));
  });
  return amount > 0 && amount < request.asks[kind] ? amount : null;
}

function windowsOf({ nodes }: NodeList) {
  return nodes.flatMap((node) => node.windows());
}
