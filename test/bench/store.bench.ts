import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../src/dispatch/store/open.js';
import type { Store } from '../../src/dispatch/store/store.js';
import { drivers } from '../dispatch/store/drivers.js';
import { newRun, sampleRun } from '../dispatch/store/samples.js';
import { tempDir } from '../support/temp-dir.js';
import { median, timed } from './measure.js';

const clients = 64;
const submissions = 2_000;
const many = 10_000;

/** A run's whole way: six changes, each with its event. Numbers of runs from `first` on. */
async function live(store: Store, first: number, count: number): Promise<void> {
  for (let number = first; number < first + count; number += 1) {
    await store.insert(newRun(number));
    for (const [revision, state] of (['placed', 'provisioning', 'running', 'ending', 'completed'] as const).entries()) {
      const change = await store.change(
        { id: sampleRun(number).id, revision: revision + 1 },
        { state },
        { at: number, type: state, data: {} },
        { number: 1, node: 'docker', startedAt: number },
      );
      expect(change?.state).toBe(state);
    }
  }
}

/** Each client sends its next submission when the last one is stored. @returns milliseconds of each submission */
async function submit(store: Store, first: number): Promise<number[]> {
  const times: number[] = [];
  let next = first;
  const client = async () => {
    while (next < first + submissions) {
      const number = next;
      next += 1;
      times.push(await timed(() => store.insert(newRun(number, { labels: { team: 'a', job: String(number) } }))));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return times.sort((a, b) => a - b);
}

test.each(drivers)('submissions and the cost of a run with $name', async (driver) => {
  const directory = await tempDir('store');
  const store = await openStore({ directory, version: '1', driver });
  const alone = await timed(async () => {
    for (let number = 0; number < 200; number += 1) await store.insert(newRun(number));
  });
  let times: number[] = [];
  const together = await timed(async () => (times = await submit(store, 1_000)));
  const perSecond = (count: number, ms: number) => `${((count / ms) * 1000).toFixed(0)}/s`;
  console.log(`${driver.name}, Node ${process.version}`);
  console.log(`  one client      ${perSecond(200, alone)} durable submissions`);
  console.log(
    `  ${clients} clients      ${perSecond(submissions, together)} (aim 400/s), p50 ${median(times).toFixed(1)} ms, p99 ${times[Math.floor(times.length * 0.99)]!.toFixed(1)} ms (aim 300 ms)`,
  );
  await store.close();
  const bytes = statSync(join(directory, 'dispatch.db')).size / (submissions + 200);
  console.log(`  ${(bytes / 1024).toFixed(1)} KB of disk a queued run (aim 8 KB, with its spec)`);
});

test.each(drivers)('the cost of a run stays the same with $name', async (driver) => {
  const store = await openStore({ directory: await tempDir('store'), version: '1', driver });
  await live(store, 1_000_000, 20);
  const early = await timed(() => live(store, 2_000_000, 200));
  await Promise.all(Array.from({ length: many }, (_, number) => store.insert(newRun(number, { state: 'completed' }))));
  const late = await timed(() => live(store, 3_000_000, 200));
  console.log(`${driver.name}: a run after ${many} others takes ${(late / early).toFixed(2)} times as long as after 20 (aim 1.2)`);
  await store.close();
});
