import { expect, test } from 'vitest';
import { following, isFinal, mayFollow, runStates } from '../../src/dispatch/run.js';

test('a run whose worker may exist only leaves through ending', () => {
  const waysOut = (['placed', 'provisioning', 'running'] as const).map((state) => following[state].filter((next) => isFinal(next)));
  expect(waysOut).toEqual([[], [], []]);
  expect(mayFollow('ending', 'queued')).toBe(true);
  expect(mayFollow('provisioning', 'queued')).toBe(false);
});

test('three states are final', () => {
  expect(runStates.filter((state) => isFinal(state))).toEqual(['completed', 'failed', 'cancelled']);
});
