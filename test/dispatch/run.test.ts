import { expect, test } from 'vitest';
import { following, isFinal, mayFollow, runStates } from '../../src/dispatch/run.js';

test('a run whose worker may exist leaves through ending, or with its worker', () => {
  const waysOut = (['placed', 'provisioning', 'running'] as const).map((state) => following[state].filter((next) => isFinal(next)));
  expect(waysOut).toEqual([[], [], ['moved']]);
  expect(mayFollow('ending', 'queued')).toBe(true);
  expect(mayFollow('provisioning', 'queued')).toBe(false);
});

test('four states are final', () => {
  expect(runStates.filter((state) => isFinal(state))).toEqual(['completed', 'failed', 'cancelled', 'moved']);
});
