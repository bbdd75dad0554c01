import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { outgrown } from '../../../src/backends/ports/sizes.js';
import { labelKeys } from '../../../src/labels.js';
import { quietContext } from '../../contract/context.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { directoryAttributes, labelsOf, openPlace } from './support.js';

const KiB = 1024;

async function place() {
  const { backend, close } = openPlace();
  afterTest(close);
  const make = async (worker: string, name: string, storage: string | null) => {
    const labels = { ...labelsOf(worker, `mayfly_directory.${name}`), ...(storage !== null && { [labelKeys.storage]: storage }) };
    const wanted = { ...directoryAttributes(worker, name), labels };
    const { attributes } = await backend.drivers['mayfly_directory']!.create(`mayfly_directory.${name}`, wanted, quietContext());
    return String(attributes['path']);
  };
  return { backend, make };
}

const fill = (kilobytes: number) => Buffer.alloc(kilobytes * KiB, 'x');

test('what has outgrown its size: all files below count, of one worker or of all', async () => {
  const { backend, make } = await place();
  const work = await make('a', 'work', '1');
  await make('b', 'work', '1');
  expect(outgrown(await backend.sizes!.used())).toEqual([]);
  await mkdir(join(work, 'deep/er'), { recursive: true });
  await writeFile(join(work, 'one'), fill(600));
  await writeFile(join(work, 'deep/er/two'), fill(400));
  expect(outgrown(await backend.sizes!.used())).toEqual([]);
  await writeFile(join(work, 'deep/three'), fill(100));
  const tooBig = [{ worker: 'a', what: 'volume work', usedMB: 2, sizeMB: 1 }];
  expect(outgrown(await backend.sizes!.used())).toEqual(tooBig);
  expect(outgrown(await backend.sizes!.used('a'))).toEqual(tooBig);
  expect(outgrown(await backend.sizes!.used('b'))).toEqual([]);
});

test.each<[string, string | null, (path: string) => Promise<void>]>([
  ['one without a size', null, (path) => writeFile(join(path, 'big'), fill(2048))],
  [
    'what links lead to',
    '1',
    async (path) => {
      const elsewhere = await tempDir('elsewhere');
      await writeFile(join(elsewhere, 'big'), fill(2048));
      await symlink(elsewhere, join(path, 'directory'));
      await symlink(join(elsewhere, 'big'), join(path, 'file'));
    },
  ],
])('%s does not count', async (_name, storage, write) => {
  const { backend, make } = await place();
  await write(await make('a', 'work', storage));
  expect(outgrown(await backend.sizes!.used())).toEqual([]);
});
