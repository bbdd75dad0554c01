import { expect, test } from 'vitest';
import { Choices } from '../../src/dispatch/placing/choices.js';
import type { Run } from '../../src/dispatch/run.js';
import { untilIdle } from '../support/idle.js';
import { steppedClock } from '../support/stepped-clock.js';
import { sampleRun } from './store/samples.js';

/** Choices over one node. `asked`: names of the specs that it was asked for, in their order. */
function choices({ answers = () => Promise.resolve([{ node: 'up', offer: { accepted: true, price: null } }] as unknown[]) } = {}) {
  const clock = steppedClock();
  const asked: string[] = [];
  const parts = {
    offers: { of: (spec: { name: string }) => (asked.push(spec.name), answers()) },
    attempts: () => Promise.resolve([]),
    ...{ clock, changed: () => {}, mayUse: () => true },
  };
  return { clock, asked, choices: new Choices(parts as unknown as ConstructorParameters<typeof Choices>[0]) };
}

const runs = (count: number, from = 0): Run[] =>
  Array.from({ length: count }, (_, index) =>
    sampleRun(from + index, { createdAt: from + index, spec: { ...sampleRun(0).spec!, name: `run-${from + index}` } }),
  );

test('a run without an answer is asked for before those with old answers, however many they are', async () => {
  const { clock, choices: own } = choices();
  const waiting = runs(300);
  expect(await own.learn(waiting, 256)).toBe(true);
  expect(await own.learn(waiting, 256)).toBe(false);
  await clock.advance(20_000);
  const [last] = runs(1, 300);
  expect(await own.learn([...waiting, last!], 256)).toBe(false);
  expect(own.of(last!)?.nodes.map(({ node }) => node)).toEqual(['up']);
});

test('a node that is silent for many runs keeps no other run from its answer, and is asked again after a second', async () => {
  const { clock, asked, choices: own } = choices({ answers: () => Promise.resolve([{ node: 'down', error: new Error('silent') }]) });
  const waiting = runs(300);
  await own.learn(waiting, 256);
  await own.learn(waiting, 256);
  expect(new Set(asked).size).toBe(300);
  expect(own.askAt).toBe(clock.now() + 1000);
  await clock.advance(1000);
  await own.learn(waiting, 256);
  expect(asked.length).toBe(556);
});

test('an old answer serves while its refresh fails', async () => {
  let calls = 0;
  const accepted = [{ node: 'up', offer: { accepted: true, price: null } }];
  const {
    clock,
    asked,
    choices: own,
  } = choices({
    answers: () => ((calls += 1) === 1 ? Promise.resolve(accepted) : Promise.reject(new Error('the disk is broken'))),
  });
  const [run] = runs(1);
  await own.learn([run!], 256);
  await clock.advance(20_000);
  await own.learn([run!], 256);
  await untilIdle();
  expect([asked.length, own.of(run!)?.nodes.length]).toEqual([2, 1]);
});
