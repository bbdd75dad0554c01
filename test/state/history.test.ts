import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { History, type HistoryEntry } from '../../src/state/history.js';
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

test('ends of one name in one millisecond, on two nodes: both are kept', async () => {
  const history = new History(await tempDir('history'), manualClock(start));
  const other = { ...entry('ci', start - 5), backend: 'docker@second' };
  const times = await Promise.all([history.add(entry('ci', start - 5)), history.add(other)]);
  expect(times.sort()).toEqual([start - 5, start - 4]);
  const kept = await history.of('ci');
  expect(kept.map(({ endedAt }) => endedAt)).toEqual([start - 4, start - 5]);
  expect(kept.map(({ backend }) => backend).sort()).toEqual(['docker', 'docker@second']);
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
  for (let index = 0; index < 1000; index += 1) await writeFile(join(folder, `ci@${start - 10 - index}.json`), '{}');
  await writeFile(join(folder, `old@${start - 8 * day}.json`), '{}');
  await history.add(entry('ci', start - 1));
  const left = await readdir(folder);
  expect(left.length).toBe(1000);
  expect(left).toContain(`ci@${start - 1}.json`);
  expect(left).not.toContain(`old@${start - 8 * day}.json`);
  expect(left).not.toContain(`ci@${start - 1009}.json`);
});

test('an end of 7 days ago is no longer told, though its file is still there', async () => {
  const state = await tempDir('history');
  const clock = manualClock(start);
  const history = new History(state, clock);
  await history.add(entry('ci', start));
  clock.advance(7 * day - 1);
  expect(await history.of('ci')).toHaveLength(1);
  clock.advance(1);
  expect([await history.of('ci'), await readdir(join(state, 'history'))]).toEqual([[], [`ci@${start}.json`]]);
});

test('texts of an entry reach no terminal with control characters, and are cut', async () => {
  const history = new History(await tempDir('history'), manualClock(start));
  const container = {
    container: 'engine',
    status: 'exited',
    exitCode: 1,
    outOfMemory: false,
    lastLines: ['a\u001b[2J\tb\u009b\u202e'],
  } as const;
  await history.add({
    ...entry('ci', start - 1),
    detail: `${'x'.repeat(2001)}`,
    containers: [{ ...container, lastLines: [...container.lastLines] }],
  });
  const [read] = await history.of('ci');
  expect(read).toMatchObject({ detail: 'x'.repeat(2000), containers: [{ lastLines: ['a\ufffd[2J\tb\ufffd\ufffd'] }] });
});
