import type { Snapshot, WaitingRun } from '../../../src/dispatch/schedule/snapshot.js';
import { random } from './seeded-trace.js';

const now = 1_800_000_000_000;
const minute = 60_000;

/** A full installation: nodes with little left, and runs of five organisations in the queue. */
export function crowd(queued: number, nodeCount: number, shapes: number, seed = 7): Snapshot {
  const next = random(seed);
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  const nodes = Array.from({ length: nodeCount }, (_, index) => {
    const workers = Array.from({ length: 10 }, (__, worker) => ({
      ...{ id: `w${index}-${worker}`, organisation: `o${worker % 5}`, until: now + whole(1, 240) * minute, makingUntil: null },
      asks: { cpu: whole(1400, 1600), memory: whole(5000, 6400), storage: 0 },
    }));
    const capacity = { cpu: 16_000, memory: 64_000, storage: null, workers: null };
    const name = `n${String(index).padStart(3, '0')}`;
    return { name, capacity, making: 16, closed: null, emptyBy: null, paid: false, skew: 0, busy: workers };
  });
  const requests = Array.from({ length: shapes }, () => ({
    asks: { cpu: whole(2000, 9000), memory: whole(8000, 30_000), storage: 0 },
    ...{ life: whole(5, 240) * minute, making: minute, class: 'all' },
  }));
  const waiting = Array.from({ length: queued }, (_, index): WaitingRun => ({
    ...{
      id: `r${String(index).padStart(6, '0')}`,
      organisation: `o${index % 5}`,
      priority: whole(1, 3) * 100,
      createdAt: now - 1e7 + index,
    },
    ...{ request: requests[index % shapes]!, avoid: null, notBefore: null, fresh: true, bid: false, maxWait: null, held: null },
  }));
  const organisation = { most: {}, guaranteed: { cpu: 100_000, memory: 400_000 } };
  return {
    ...{ now, nodes, waiting, organisations: { o0: organisation, o1: organisation } },
    classes: { all: nodes.map(({ name }) => name) },
    settings: { depth: 1, batch: 64 },
  };
}
