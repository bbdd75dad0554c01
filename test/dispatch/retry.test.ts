import { expect, test } from 'vitest';
import { afterFailure, retryAfter } from '../../src/dispatch/retry.js';

const run = { attempt: 1, attempts: 3, tries: 0, reached: 0, node: 'a' };
const queued = { state: 'queued', reason: 'retry', exitCode: null };
const failed = { state: 'failed', reason: 'attempts_failed', exitCode: null };

test.each([
  ['the first failure is followed by another attempt', run, 'here', 0, { next: queued, tries: 1, reached: 0, avoid: null }],
  ['an error of the node is tried elsewhere', run, 'elsewhere', 0, { next: queued, tries: 1, reached: 0, avoid: 'a' }],
  ['an error that would be the same everywhere is final', run, 'never', 0, { next: failed, tries: 1, reached: 0, avoid: null }],
  ['the last of the attempts is final', { ...run, attempt: 3, tries: 2 }, 'here', 0, { next: failed, tries: 3, reached: 0, avoid: null }],
  [
    'an attempt that got further is the first again',
    { ...run, attempt: 3, tries: 2 },
    'here',
    2,
    { next: queued, tries: 1, reached: 2, avoid: null },
  ],
  [
    'one that got as far as before is not',
    { ...run, attempt: 3, tries: 2, reached: 2 },
    'here',
    2,
    { next: failed, tries: 3, reached: 2, avoid: null },
  ],
  ['no name is left after 999', { ...run, attempt: 999 }, 'here', 5, { next: failed, tries: 1, reached: 5, avoid: null }],
] as const)('%s', (_, before, retry, made, expected) => {
  expect(afterFailure(before, { retry }, made)).toEqual(expected);
});

test.each([
  [1, 0, 10_000],
  [1, 1, 12_500],
  [2, 0, 20_000],
  [4, 0, 80_000],
  [20, 0, 300_000],
  [20, 1, 375_000],
])('try %i with random %d begins %i ms after the one before', (tries, random, expected) => {
  expect(retryAfter(tries, { minRetryPeriod: 10_000, maxRetryPeriod: 300_000 }, random)).toBe(expected);
});
