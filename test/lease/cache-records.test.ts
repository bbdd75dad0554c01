import { expect, test } from 'vitest';
import { findCache, writeNext } from '../../src/lease/cache-records.js';
import { nextRecord } from '../../src/lease/cache-state.js';
import { openScene } from '../memory/scene.js';

const record = { cache: 'pip', holder: null, removal: false, usedAt: 1000, keep: 60, sizeMB: 1 };

test('a process that was paused does not write a record that others have passed', async () => {
  const { client } = await openScene({});
  const caches = client().backend.caches!;
  await caches.write({ ...record, number: 1 });
  const seen = await findCache(caches, 'pip');
  const numbers = async () => (await findCache(caches, 'pip')).records.map(({ number }) => number);
  // Others go on to number 3 and remove the earlier ones.
  await caches.write({ ...record, number: 3, holder: 'other' });
  await caches.removeRecord({ ...record, number: 1 });
  expect(await writeNext(caches, seen, nextRecord(seen, { holder: 'late', usedAt: 2000 }))).toBe(false);
  expect(await numbers()).toEqual([3]);
  const now = await findCache(caches, 'pip');
  expect(await writeNext(caches, now, nextRecord(now, { holder: null, usedAt: 2000 }))).toBe(true);
  expect(await numbers()).toEqual([4]);
});
