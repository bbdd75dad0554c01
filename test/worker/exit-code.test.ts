import { expect, test } from 'vitest';
import type { EndReason } from '../../src/events.js';
import { commandCodeOf, exitCodeOf } from '../../src/worker/exit-code.js';

const report = (container: string, exitCode: number | null) => ({
  container,
  status: 'exited' as const,
  exitCode,
  outOfMemory: false,
  lastLines: [],
});

const rows: [reason: EndReason, engine: number | null, code: number][] = [
  ['engine_ended', 0, 0],
  ['engine_ended', 3, 3],
  ['engine_ended', 137, 137],
  ['engine_ended', null, 1],
  ['expired', null, 124],
  ['expired', 0, 124],
  ['destroyed', null, 0],
  ['storage_exceeded', null, 125],
  ['out_of_memory', 137, 137],
  ['out_of_memory', null, 137],
  ['runner_gone', null, 1],
  ['replaced', null, 130],
  ['create_timeout', null, 1],
  ['not_ready', 3, 1],
  ['interrupted', null, 1],
];

test.each(rows)('%s, the engine with %s: %i', (reason, engine, code) => {
  expect(exitCodeOf({ reason, containers: [report('build', 7), report('engine', engine)] })).toBe(code);
});

test('an engine of which nothing is known', () => {
  expect(exitCodeOf({ reason: 'engine_ended', containers: [] })).toBe(1);
});

test.each<[reason: EndReason | null, own: number | undefined, code: number]>([
  [null, 3, 3],
  [null, undefined, 1],
  ['expired', 143, 124],
  ['expired', undefined, 124],
  ['storage_exceeded', 137, 125],
  ['out_of_memory', 143, 137],
  ['engine_ended', 143, 143],
  ['destroyed', 137, 137],
  ['destroyed', undefined, 1],
])('a command that failed under an end by %s, its own code %s: %i', (reason, own, code) => {
  expect(commandCodeOf(reason, own)).toBe(code);
});
