import type { NodeState, Snapshot, WaitingRun } from '../../../src/dispatch/schedule/snapshot.js';

/** A use of a node from one time to another; its making ends at `made`. */
interface Interval {
  cpu: number;
  memory: number;
  from: number;
  to: number;
  made: number;
}

/**
 * Where promises must stay, and the latest that those may get that cannot. Promises are planned in their order by brute force over all
 * times at which something ends; it shares no code with the scheduler.
 */
export function planned({ now, nodes, waiting, classes }: Snapshot): Map<string, { kept: boolean; at: number }> {
  const uses = new Map<string, Interval[]>();
  for (const { name, busy } of nodes) {
    const list = busy.map(({ asks: { cpu, memory }, until, makingUntil }) => ({
      cpu,
      memory,
      from: now,
      to: until!,
      made: makingUntil ?? now,
    }));
    uses.set(name, list);
  }
  const promises = waiting.filter(({ held }) => held !== null).sort((a, b) => b.priority - a.priority || a.held!.order - b.held!.order);
  const found = new Map<string, { kept: boolean; at: number }>();
  for (const run of promises) {
    const allowed = nodes.filter(({ name }) => classes[run.request.class]!.includes(name));
    const home = allowed.find(({ name }) => name === run.held!.node);
    const kept = home !== undefined && fits(run, home, uses.get(home.name)!, run.held!.startsBy);
    const place = kept ? { node: home.name, at: run.held!.startsBy } : earliest(run, allowed, uses, now);
    if (place) {
      const { cpu, memory } = run.request.asks;
      const { at } = place;
      uses.get(place.node)!.push({ cpu, memory, from: at, to: at + run.request.life, made: at + run.request.making });
    }
    found.set(run.id, { kept, at: place?.at ?? Infinity });
  }
  return found;
}

function earliest(
  run: WaitingRun,
  nodes: readonly NodeState[],
  uses: Map<string, Interval[]>,
  now: number,
): { node: string; at: number } | null {
  let best: { node: string; at: number } | null = null;
  for (const node of nodes) {
    const list = uses.get(node.name)!;
    for (const at of [now, ...list.flatMap(({ to, made }) => [to, made])]) {
      if (at >= now && at < (best?.at ?? Infinity) && fits(run, node, list, at)) best = { node: node.name, at };
    }
  }
  return best;
}

/** Looks at every instant of its life at which another use begins. */
function fits({ request: { asks, life, making } }: WaitingRun, node: NodeState, uses: readonly Interval[], at: number): boolean {
  if (node.closed !== null || (node.emptyBy !== null && at + life > node.emptyBy)) return false;
  const instants = [at, ...uses.map(({ from }) => from)].filter((time) => time >= at && time < at + life);
  return instants.every((time) => {
    const then = uses.filter(({ from, to }) => from <= time && time < to);
    const sum = (kind: 'cpu' | 'memory') => then.reduce((total, one) => total + one[kind], asks[kind]);
    const made = time < at + making ? then.filter(({ made: end }) => time < end).length + 1 : 0;
    const few = then.length < (node.capacity.workers ?? Infinity) && made <= (node.making ?? Infinity);
    return few && sum('cpu') <= node.capacity.cpu! && sum('memory') <= node.capacity.memory!;
  });
}
