import { expect, test } from 'vitest';
import { decide } from '../../src/dispatch/schedule/decide.js';
import { amountsOf, NodePlan } from '../../src/dispatch/schedule/node-plan.js';
import type { Snapshot } from '../../src/dispatch/schedule/snapshot.js';
import { why } from '../../src/dispatch/schedule/why.js';
import { crowd } from '../dispatch/schedule/crowd.js';
import { fifo, greedy, summedEasy } from '../dispatch/schedule/policies.js';
import { reservations } from '../dispatch/schedule/reservations.js';
import { hpc2n, mediumLate, type Trace, tracesFolder, wagap } from '../dispatch/schedule/shared-traces.js';
import { type Job, type Policy, type Result, simulate } from '../dispatch/schedule/simulator.js';
import { median } from './measure.js';

function medianMs(rounds: number, work: () => unknown): number {
  const times = Array.from({ length: rounds }, () => {
    const started = performance.now();
    work();
    return performance.now() - started;
  });
  return median(times);
}

/** Holds every run against every node, without shapes and frontiers. */
function naiveScan({ nodes, waiting, now }: Snapshot): number {
  const plans = nodes.map((node) => new NodePlan(node, now));
  const sorted = [...waiting].sort((a, b) => b.priority - a.priority || a.createdAt - b.createdAt);
  let found = 0;
  for (const { request } of sorted) {
    const sized = { ...request, amounts: amountsOf(request.asks) };
    if (plans.some((plan) => plan.earliest(sized, now) === now)) found += 1;
  }
  return found;
}

/** The snapshot after a pass, in which nothing new has happened. */
function settled(snapshot: Snapshot): Snapshot {
  const { placements, reservations: promises } = decide(snapshot);
  const started = new Set(placements.map(({ run }) => run));
  const held = new Map(promises.map(({ run, ...promise }) => [run, promise]));
  const waiting = snapshot.waiting
    .filter(({ id }) => !started.has(id))
    .map((run) => ({ ...run, fresh: false, held: held.get(run.id) ?? null }));
  return { ...snapshot, waiting };
}

console.log('schedule: medians; the aims at 10,000 queued are 20 ms for a pass and 50 ms for why');

const cases = [1_000, 10_000, 100_000].flatMap((queued) => [12, queued].map((shapes) => ({ queued, shapes })));

test.each(cases)('a pass with $queued queued runs of $shapes shapes on 100 nodes', ({ queued, shapes }) => {
  const snapshot = settled(crowd(queued, 100, shapes));
  const pass = medianMs(20, () => decide(snapshot));
  const allNew = { ...snapshot, waiting: snapshot.waiting.map((run) => ({ ...run, fresh: true })) };
  const fresh = medianMs(5, () => decide(allNew));
  const naive = medianMs(queued > 10_000 ? 1 : 5, () => naiveScan(snapshot));
  const asked = snapshot.waiting.at(-1)!.id;
  const explained = medianMs(5, () => why(snapshot, asked, ['n001', 'n002']));
  console.log(
    `${queued} queued, ${shapes} shapes: pass ${pass.toFixed(1)} ms (${(pass / naive).toFixed(2)} × naive scan of ${naive.toFixed(1)} ms), ` +
      `all runs new ${fresh.toFixed(1)} ms, why ${explained.toFixed(1)} ms`,
  );
});

const mean = (result: Result, jobs: readonly Job[]) => jobs.reduce((sum, { id }) => sum + result.waits.get(id)!, 0) / jobs.length;
const longest = (result: Result, jobs: readonly Job[]) => Math.max(...jobs.map(({ id }) => result.waits.get(id)!));

function replay(name: string, { jobs, machines }: Trace, policies: Record<string, Policy>): Record<string, Result> {
  return Object.fromEntries(
    Object.entries(policies).map(([policy, decides]) => {
      const result = simulate(jobs, machines, decides);
      const { mean: all, waits, broken, promised } = result;
      const most = Math.max(...waits.values());
      console.log(
        `${name}, ${policy}: mean wait ${all.toFixed(1)} s, longest ${most.toFixed(0)} s, broken promises ${broken} of ${promised}`,
      );
      return [policy, result];
    }),
  );
}

test('published traces', () => {
  if (tracesFolder === null) return console.log('(no folder of traces here: left out; MAYFLY_TRACES names it)');
  const wide = wagap();
  const { greedy: eager, reservations: kept } = replay('wagap', wide, { greedy, reservations: reservations() });
  const large = wide.jobs.filter(({ cpu }) => cpu >= 40);
  const ratio = mean(kept!, large) / mean(eager!, large);
  console.log(`wagap, jobs of 40 cpus and more: mean wait ${mean(kept!, large).toFixed(0)} s, ${ratio.toFixed(2)} × greedy (aim 0.8)`);
  const seth = hpc2n();
  const one = replay('hpc2n', seth, { fifo, greedy, summedEasy, reservations: reservations() })['reservations']!;
  const widest = [...seth.jobs].sort((a, b) => b.cpu - a.cpu).slice(0, Math.ceil(seth.jobs.length / 20));
  console.log(`hpc2n, the widest 5 %: longest wait ${longest(one, widest).toFixed(0)} s (aim 90000 s)`);
  const late = replay('medium_late', mediumLate(), { fifo, greedy, summedEasy, reservations: reservations() })['reservations']!;
  expect([kept!.broken, one.broken, late.broken]).toEqual([0, 0, 0]);
  expect(kept!.mean).toBeLessThanOrEqual(eager!.mean);
  expect(ratio).toBeLessThanOrEqual(0.8);
  expect(one.mean).toBeLessThanOrEqual(3800);
  expect(longest(one, widest)).toBeLessThanOrEqual(90_000);
  expect(late.mean).toBeLessThanOrEqual(9.6);
  expect(longest(late, mediumLate().jobs)).toBeLessThanOrEqual(633);
});
