import { expect, test } from 'vitest';
import type { EndReason } from '../../src/events.js';
import { exitCodeOf } from '../../src/worker/exit-code.js';

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
  ['storage_exceeded', null, 1],
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
