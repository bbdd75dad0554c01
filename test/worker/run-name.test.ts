import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { isName } from '../../src/spec/names.js';
import { runName } from '../../src/worker/run-name.js';

const rows: Record<string, [base: string, id: string, name: string]> = {
  'a short name': ['ci', '00000000-0000-4000-8000-0000000012ab', 'ci-rpgr'],
  'the longest': ['a234567890123456789012345678901', '00000000-0000-4000-8000-0000000012ab', 'a2345678901234567890123456-rpgr'],
};

test.each(Object.entries(rows))('%s', (_name, [base, id, name]) => {
  expect(runName(base, () => id)).toBe(name);
});

test('names are names, and differ', () => {
  const names = Array.from({ length: 100 }, () => runName('a-234567890123456789012345-78901', randomUUID));
  expect(names.every(isName)).toBe(true);
  expect(new Set(names).size).toBeGreaterThan(95);
});
