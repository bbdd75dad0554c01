import { describe, expect, test } from 'vitest';
import { count, cpus, dollars, duration, megabytes, moment, printable, short, table } from '../../src/views/format.js';

describe('a duration', () => {
  test.each([
    [0, '0 s'],
    [-5, '0 s'],
    [0.4, '0 s'],
    [0.5, '1 s'],
    [59, '59 s'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3599.6, '1 h'],
    [3600, '1 h'],
    [3661, '1 h 1 min'],
    [3601, '1 h'],
    [86_399, '23 h 59 min'],
    [86_400, '1 d'],
    [90_000, '1 d 1 h'],
    [2_592_000, '30 d'],
  ])('of %d seconds is %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('a moment', () => {
  const now = new Date(2026, 0, 2, 13, 4, 5).getTime();
  test.each([
    ['today: the time alone', new Date(2026, 0, 2, 3, 4, 5), '03:04:05'],
    ['tomorrow: the date too', new Date(2026, 0, 3, 3, 4, 5), '2026-01-03 03:04:05'],
    ['the same day of another month', new Date(2026, 11, 2, 3, 4, 5), '2026-12-02 03:04:05'],
    ['the same day of another year', new Date(2027, 0, 2, 3, 4, 5), '2027-01-02 03:04:05'],
  ])('%s', (_, at, text) => {
    expect(moment(at.getTime(), now)).toBe(text);
  });
});

test.each([
  [megabytes(512), '512 MB'],
  [megabytes(1023), '1023 MB'],
  [megabytes(1024), '1.0 GB'],
  [megabytes(1843), '1.8 GB'],
  [cpus(500), '0.5 CPU'],
  [cpus(2000), '2.0 CPU'],
  [cpus(250), '0.25 CPU'],
  [cpus(125), '0.125 CPU'],
  [dollars(12.341), '$12.35'],
  [dollars(0.1), '$0.10'],
  [dollars(0.0481), '$0.049'],
  [dollars(0.00031), '$0.00031'],
  [dollars(0), '$0.0'],
  [count(0, 'worker'), '0 workers'],
  [count(1, 'worker'), '1 worker'],
  [count(2, 'worker'), '2 workers'],
])('sizes, prices, numbers: %s', (text, expected) => {
  expect(text).toBe(expected);
});

test('a table is as wide as its widest cells, and has no spaces at its ends', () => {
  expect(
    table([
      ['WORKER', 'ENDS'],
      ['a', 'in 5 min'],
      ['abcdefgh', ''],
    ]),
  ).toBe('WORKER     ENDS\na          in 5 min\nabcdefgh');
  expect(table([['a', 'b', 'c']], 1)).toBe('a b c');
});

describe('a text of somebody else', () => {
  test.each([
    ['ends of lines and tabs stay', 'a\n\tb', 'a\n\tb'],
    ['an escape sequence', '\u001b[31mred\u001b[0m', '\ufffd[31mred\ufffd[0m'],
    ['carriage return, bell, delete, C1', '\r\u0007\u007f\u009b', '\ufffd\ufffd\ufffd\ufffd'],
    ['a change of direction, a space of no width', '\u202e\u200b', '\ufffd\ufffd'],
    ['letters of any script', 'žluťoučký 火 é', 'žluťoučký 火 é'],
  ])('%s', (_, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test.each([
    ['60 characters stay', 'x'.repeat(60), 'x'.repeat(60)],
    ['61 are cut to 60', 'x'.repeat(61), `${'x'.repeat(59)}…`],
    ['lines become one', 'a\r\n\t b', 'a b'],
    ['control characters are replaced', 'a\u001bb', 'a\ufffdb'],
  ])('short: %s', (_, text, shown) => {
    expect(short(text)).toBe(shown);
  });
});
