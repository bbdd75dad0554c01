import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { History, type HistoryEntry, mostEntries } from '../../src/state/history.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';

const day = 24 * 3600 * 1000;
const start = 1_800_000_000_000;

function entry(worker: string, endedAt: number): HistoryEntry {
  return { worker, backend: 'docker', endpoint: '', reason: 'expired', endedAt, containers: [] };
}

test('entries of a worker, newest first; another whose name begins with it is another', async () => {
  const history = new History(await tempDir('history'), manualClock(start));
  for (const [worker, at] of [
    ['ci', 1],
    ['ci', 2],
    ['ci-2', 3],
  ] as const)
    await history.add(entry(worker, start - at));
  expect((await history.of('ci')).map(({ endedAt }) => endedAt)).toEqual([start - 1, start - 2]);
  expect([...(await history.backends())]).toEqual(['docker']);
});

test('what is cut short, or of another form, is left out', async () => {
  const state = await tempDir('history');
  const folder = join(state, 'history');
  await mkdir(folder);
  const history = new History(state, manualClock(start));
  await history.add(entry('ci', start - 1));
  await writeFile(join(folder, `ci@${start - 2}.json`), '{"worker":"ci"');
  await writeFile(join(folder, `ci@${start - 3}.json`), JSON.stringify({ ...entry('ci', start - 3), reason: 'toString' }));
  await writeFile(join(folder, '..@1.json'), '{}');
  expect(await history.of('ci')).toEqual([entry('ci', start - 1)]);
});

test('a week is kept, and so many at most', async () => {
  const state = await tempDir('history');
  const folder = join(state, 'history');
  await mkdir(folder);
  const history = new History(state, manualClock(start));
  for (let index = 0; index < mostEntries; index += 1) await writeFile(join(folder, `ci@${start - 10 - index}.json`), '{}');
  await writeFile(join(folder, `old@${start - 8 * day}.json`), '{}');
  await history.add(entry('ci', start - 1));
  const left = await readdir(folder);
  expect(left.length).toBe(mostEntries);
  expect(left).toContain(`ci@${start - 1}.json`);
  expect(left).not.toContain(`old@${start - 8 * day}.json`);
  expect(left).not.toContain(`ci@${start - 10 - mostEntries + 1}.json`);
});
