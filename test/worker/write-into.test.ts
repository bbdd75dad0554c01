import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { packTree } from '../../src/backends/shared/pack.js';
import { systemClock } from '../../src/clock.js';
import { writeInto } from '../../src/worker/write-into.js';
import { tempDir } from '../support/temp-dir.js';

const never = new AbortController().signal;

test('a FIFO that nobody reads is waited for until the copy is stopped', async () => {
  const folder = await tempDir('fifo');
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const stop = new AbortController();
  const waited: number[] = [];
  const clock = {
    ...systemClock,
    sleep(ms: number, signal?: AbortSignal) {
      waited.push(ms);
      if (waited.length === 3) stop.abort(new Error('enough'));
      return Promise.resolve(signal?.throwIfAborted());
    },
  };
  await expect(writeInto(new PassThrough(), join(folder, 'pipe'), clock, stop.signal)).rejects.toThrow('enough');
  expect(waited).toEqual([100, 100, 100]);
});

test('much content goes into a file that was longer, whole', async () => {
  const folder = await tempDir('into');
  const content = Buffer.alloc(3_000_000, 'abc');
  await writeFile(join(folder, 'from'), content);
  await writeFile(join(folder, 'to'), Buffer.alloc(4_000_000, 'x'));
  await writeInto(await packTree(join(folder, 'from'), 'any'), join(folder, 'to'), systemClock, never);
  expect((await readFile(join(folder, 'to'))).equals(content)).toBe(true);
});

test.for(Object.entries({ 'no tar': Buffer.alloc(4096, 'no tar'), 'a tar of nothing': Buffer.alloc(1024) }))(
  '%s is refused',
  async ([, bytes]) => {
    const folder = await tempDir('into');
    await writeFile(join(folder, 'to'), '');
    await expect(writeInto(Readable.from([bytes]), join(folder, 'to'), systemClock, never)).rejects.toMatchObject({ code: 'copy_failed' });
  },
);
