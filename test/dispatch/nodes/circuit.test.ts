import { expect, test } from 'vitest';
import { MayflyError } from '../../../src/errors.js';
import {
  afterEvent,
  type Circuit,
  type CircuitEvent,
  circuitStates,
  newCircuit,
  transitions,
} from '../../../src/dispatch/nodes/circuit.js';

const error = new MayflyError('backend_unreachable', { cause: 'connection refused' });

function after(events: readonly CircuitEvent[], { from = newCircuit, now = 0, random = 0 } = {}): Circuit {
  return events.reduce((circuit, event) => afterEvent(circuit, event, { now, random, error }), from);
}

test('each event in each state', () => {
  const events = ['answered', 'silent', 'made', 'failed', 'due'] as const;
  const table = circuitStates.map((state) => [state, ...events.map((event) => transitions[state][event] ?? '-')].join(' '));
  expect(table).toEqual([
    'unknown ready silent - - -',
    'ready - silent ready failing -',
    'silent ready silent - - -',
    'failing - silent ready - trying',
    'trying - silent ready failing -',
  ]);
});

test('a node that does not answer is probed after longer and longer pauses, and its reason is kept', () => {
  let circuit = after(['answered', 'silent']);
  expect(circuit).toEqual({ state: 'silent', reason: error, failures: 1, dueAt: 1000 });
  for (const [now, dueAt] of [
    [1000, 3000],
    [3000, 7000],
    [7000, 15_000],
    [15_000, 31_000],
    [31_000, 63_000],
    [63_000, 123_000],
    [123_000, 183_000],
  ]) {
    circuit = after(['silent'], { from: circuit, now: now! });
    expect(circuit.dueAt).toBe(dueAt);
  }
  expect(after(['answered'], { from: circuit })).toEqual({ state: 'ready', reason: null, failures: 0, dueAt: null });
});

test('a look by somebody else does not delay the probe', () => {
  const silent = after(['answered', 'silent']);
  expect(after(['silent', 'silent'], { from: silent, now: 999 })).toEqual(silent);
});

test('pauses are up to a quarter longer, so that nodes are not probed together', () => {
  expect(after(['answered', 'silent'], { random: 1 }).dueAt).toBe(1250);
});

test('three workers in a row that fail open the circuit, and one that was made closes it', () => {
  expect(after(['answered', 'failed', 'failed']).state).toBe('ready');
  expect(after(['answered', 'failed', 'failed', 'made', 'failed', 'failed']).state).toBe('ready');
  const failing = after(['answered', 'failed', 'failed', 'failed']);
  expect(failing).toEqual({ state: 'failing', reason: error, failures: 3, dueAt: 1000 });
  expect(after(['answered', 'failed'], { from: failing })).toEqual(failing);
  const trying = after(['due'], { from: failing });
  expect([trying.state, trying.dueAt]).toEqual(['trying', null]);
  expect(after(['failed'], { from: trying })).toMatchObject({ state: 'failing', dueAt: 2000 });
  expect(after(['made'], { from: trying }).state).toBe('ready');
});
