import { expect, test } from 'vitest';
import { detachedVerb } from '../../src/cli/commands/exec/detached-verb.js';
import type { Args } from '../../src/cli/commands/exec/options.js';

const args = (more: Partial<Args>) => ({ tty: false, fresh: false, detach: false, userCommand: [], ...more }) as unknown as Args;

test.each([
  [{}, null],
  [{ detach: true, timeout: '30m', keepOutput: '1GB', userCommand: ['make'] }, 'detach'],
  [{ attach: 'ID' }, 'attach'],
  [{ output: 'ID' }, 'output'],
  [{ stop: 'ID' }, 'stop'],
])('the options %j are about detached commands by %s', (more, verb) => {
  expect(detachedVerb(args(more))).toBe(verb);
});

test.each<[Partial<Args>, string]>([
  [{ detach: true, stop: 'ID' }, '--detach and --stop exclude each other'],
  [{ attach: 'ID', output: 'ID' }, '--attach and --output exclude each other'],
  [{ detach: true, tty: true }, '--detach and --tty exclude each other'],
  [{ attach: 'ID', fresh: true }, '--attach and --fresh exclude each other'],
  [{ timeout: '30m' }, '--timeout is about a command that is started with --detach'],
  [{ attach: 'ID', keepOutput: '1GB' }, '--keep-output is about a command that is started with --detach'],
  [{ stop: 'ID', userCommand: ['make'] }, '--stop is about a command that was started before'],
])('the options %j are refused: %s', (more, message) => {
  expect(() => detachedVerb(args(more))).toThrow(message);
});
