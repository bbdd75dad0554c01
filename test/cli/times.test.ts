import { describe, expect, test } from 'vitest';
import { parseDuration, toMoment } from '../../src/cli/times.js';

const durations: Record<string, number | null> = {
  '90': 90,
  '1.5': 1.5,
  '30m': 1800,
  '2h': 7200,
  '1d': 86_400,
  '5min': 300,
  '1h30m': 5400,
  '250ms': 0.25,
  long: null,
  '': null,
  '-5m': null,
  '5 m': null,
};
test.for(Object.entries(durations))('duration %s', ([text, seconds]) => expect(parseDuration(text)).toBe(seconds));

describe('moments', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  const at = (text: string) => new Date(toMoment(text, now, '--since', 'x')).toISOString();
  const moments: Record<string, string> = {
    '10m': '2026-01-31T11:50:00.000Z',
    '2026-01-31T12:30:00.5+01:00': '2026-01-31T11:30:00.500Z',
    '2026-01-31t11:00:00z': '2026-01-31T11:00:00.000Z',
    '1769860800': '2026-01-31T12:00:00.000Z',
    '1769860799.25': '2026-01-31T11:59:59.250Z',
  };
  test.for(Object.entries(moments))('%s', ([text, moment]) => expect(at(text)).toBe(moment));
  test.for(['soon', '2026-01-31', '2026-13-31T12:00:00Z', '2026-01-31T12:00:01Z', '-10m'])('%s is none', (text) =>
    expect(() => at(text)).toThrow(expect.objectContaining({ code: 'usage' })),
  );
});
