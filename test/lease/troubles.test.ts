import { expect, test } from 'vitest';
import { Troubles } from '../../src/lease/troubles.js';
import { manualClock } from '../support/manual-clock.js';

function watching() {
  const clock = manualClock();
  const lines: string[] = [];
  const write = (fields: object, message: string) =>
    void lines.push([message, (fields as { cause?: string }).cause].filter(Boolean).join(': '));
  const troubles = new Troubles({ info: write, warn: write }, clock);
  return {
    clock,
    lines,
    report: (cause: string) => troubles.report('a', {}, 'cannot look', new Error(cause)),
    over: () => troubles.over('a', {}, 'over'),
  };
}

test('a lasting trouble is logged at once, then after ever longer times, an hour at most', () => {
  const { clock, lines, report } = watching();
  const at: number[] = [];
  for (let minute = 0; minute <= 400; minute += 1) {
    const before = lines.length;
    report('gone');
    if (lines.length > before) at.push(minute);
    clock.advance(60_000);
  }
  expect(at).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243, 303, 363]);
});

test('a new cause is logged at once, one that comes back is not', () => {
  const { lines, report } = watching();
  for (const cause of ['gone', 'refused', 'gone', 'refused']) report(cause);
  expect(lines).toEqual(['cannot look: unexpected: gone', 'cannot look: unexpected: refused']);
});

test('causes that differ each time are logged a few times only', () => {
  const { lines, report } = watching();
  for (let count = 0; count < 100; count += 1) report(`failed after ${count} ms`);
  expect(lines).toHaveLength(10);
});

test('its end is logged if it was reported, and the next is a new one', () => {
  const { lines, report, over } = watching();
  over();
  report('gone');
  over();
  over();
  report('gone');
  expect(lines).toEqual(['cannot look: unexpected: gone', 'over', 'cannot look: unexpected: gone']);
});
