import type { Busy, NodeState, Request, Snapshot, WaitingRun } from '../../../src/dispatch/schedule/snapshot.js';

/** Short snapshots for tests of single rules. Times in minutes would do: any unit is the same to the scheduler. */
export const at = 1000;

export function busy(id: string, cpu: number, until: number | null, more: Partial<Busy> = {}): Busy {
  return { id, organisation: 'o', asks: { cpu, memory: cpu, storage: 0 }, until, makingUntil: null, ...more };
}

/** A node with as much memory as cpu. */
export function node(name: string, cpu: number | null, workers: Busy[] = [], more: Partial<NodeState> = {}): NodeState {
  const capacity = { cpu, memory: cpu, storage: null, workers: null };
  return { name, capacity, making: null, closed: null, emptyBy: null, paid: false, skew: 0, busy: workers, ...more };
}

/** A run that asks for as much memory as cpu. */
export function run(id: string, cpu: number, life: number, more: Partial<WaitingRun> & { request?: Request } = {}): WaitingRun {
  return {
    ...{
      id,
      organisation: 'o',
      priority: 500,
      createdAt: 0,
      avoid: null,
      notBefore: null,
      fresh: true,
      bid: false,
      maxWait: null,
      held: null,
    },
    request: { asks: { cpu, memory: cpu, storage: 0 }, life, making: 0, class: 'all' },
    ...more,
  };
}

export function snapshot(nodes: NodeState[], waiting: WaitingRun[], more: Partial<Snapshot> = {}): Snapshot {
  return {
    ...{ now: at, nodes, waiting, organisations: {}, settings: { depth: 1, batch: 64 } },
    classes: { all: nodes.map(({ name }) => name), ...Object.fromEntries(nodes.map(({ name }) => [name, [name]])) },
    ...more,
  };
}

/** A request for one node alone. */
export function on(name: string, cpu: number, life: number): { request: Request } {
  return { request: { asks: { cpu, memory: cpu, storage: 0 }, life, making: 0, class: name } };
}
