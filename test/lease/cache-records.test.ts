import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Caches } from '../../src/backends/ports/caches.js';
import { findCache, removeSuperseded, writeNext } from '../../src/lease/cache-records.js';
import { nextRecord } from '../../src/lease/cache-state.js';
import { releaseCaches, sweepCaches } from '../../src/lease/cache-sweep.js';
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
  await caches.removeRecord(seen.records[0]!);
  expect(await writeNext(caches, seen, nextRecord(seen, { holder: 'late', usedAt: 2000 }))).toBeNull();
  expect(await numbers()).toEqual([3]);
  const now = await findCache(caches, 'pip');
  expect(await writeNext(caches, now, nextRecord(now, { holder: null, usedAt: 2000 }))).toMatchObject({ number: 4 });
  expect(await numbers()).toEqual([4]);
});

test('a sweep that was slow leaves a cache alone that was removed and made again meanwhile', async () => {
  const { client, clock } = await openScene({});
  const { backend } = client();
  const caches = backend.caches!;
  await caches.write({ ...record, number: 1, holder: 'ended' });
  const slow: Caches = {
    ...caches,
    list: (signal) => caches.list(signal),
    // A measurement reads all files of the node: minutes, in which another worker makes the cache again.
    async sizes() {
      const [before] = (await findCache(caches, 'pip')).records;
      await caches.removeRecord(before!);
      await caches.write({ ...record, number: 1, holder: 'w' });
      return new Map();
    },
  };
  expect(await sweepCaches({ backend: { ...bound(backend), caches: slow }, clock, measure: true })).toEqual([]);
  const { records } = await findCache(caches, 'pip');
  expect(records.map(({ number, holder }) => [number, holder])).toEqual([[1, 'w']]);
});

test('a process removes no earlier record of a cache that was made again', async () => {
  const { client } = await openScene({});
  const caches = client().backend.caches!;
  await caches.write({ ...record, number: 1 });
  const seen = await findCache(caches, 'pip');
  await caches.removeRecord(seen.records[0]!);
  await caches.write({ ...record, number: 1, holder: 'w' });
  const older = { ...seen.records[0]!, number: 2, id: 'older' };
  await removeSuperseded(caches, { name: 'pip', records: [...seen.records, older] });
  const { records } = await findCache(caches, 'pip');
  expect(records.map(({ number, holder }) => [number, holder])).toEqual([[1, 'w']]);
});

test('an end that loses the release of its cache to a keeper leaves no record that names the worker', async () => {
  const { client, clock } = await openScene({});
  const { backend } = client();
  const caches = backend.caches!;
  await caches.write({ ...record, number: 1, holder: 'w' });
  let hasWritten = false;
  const rivalled: Caches = {
    ...caches,
    list: (signal) => caches.list(signal),
    async write(own) {
      // The keeper has written the same record, and has not removed the earlier one yet.
      if (!hasWritten) await caches.write({ ...record, number: 2 });
      hasWritten = true;
      return caches.write(own);
    },
  };
  await releaseCaches({ ...bound(backend), caches: rivalled }, 'w', clock);
  const { records } = await findCache(caches, 'pip');
  expect(records.map(({ number, holder }) => [number, holder])).toEqual([[2, null]]);
});

test('an end does not wait for ever for a cache whose next record has the name of a foreign object', async () => {
  const { client, clock } = await openScene({});
  const { backend } = client();
  const caches = backend.caches!;
  await caches.write({ ...record, number: 1, holder: 'w' });
  let writes = 0;
  const refusing: Caches = { ...caches, list: (signal) => caches.list(signal), write: () => ((writes += 1), Promise.resolve(null)) };
  await releaseCaches({ ...bound(backend), caches: refusing }, 'w', clock);
  expect(writes).toBe(20);
});

const bound = (backend: Backend) => ({ list: (worker?: string) => backend.list(worker), clockSkew: () => backend.clockSkew() });
