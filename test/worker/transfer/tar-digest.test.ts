import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packEntries, packTree } from '../../../src/backends/shared/pack.js';
import { walkTree } from '../../../src/backends/shared/tree.js';
import { TarDigest } from '../../../src/worker/transfer/tar-digest.js';
import { tempDir } from '../../support/temp-dir.js';

async function digestOf(tar: AsyncIterable<Buffer>) {
  const digest = await TarDigest.open();
  for await (const piece of tar) digest.write(piece);
  return digest.end();
}

async function tree(a: string, b: string) {
  const directory = join(await tempDir('digest'), 'tree');
  await mkdir(directory);
  await writeFile(join(directory, 'a'), a);
  await writeFile(join(directory, 'b'), b);
  await link(join(directory, 'a'), join(directory, 'c'));
  await symlink('a', join(directory, 'd'));
  return directory;
}

test("a file's digest is that of its content", async () => {
  expect(await digestOf(await packTree(join(await tree('foo\n', 'bar\n'), 'a'), 'new'))).toEqual({
    ...{ sha256: 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c', files: 1, bytes: 4, root: 'new' },
  });
});

test("a tree's digest is the sum of its entries, in any order and under any name", async () => {
  const directory = await tree('foo\n', 'bar\n');
  const sha256 = 'f1c7ea3f4bbd0a4af7728443a22e48f311e0c4f1dcb3a6822202f4e133856ddb';
  expect(await digestOf(await packTree(directory, 'one'))).toEqual({ sha256, files: 2, bytes: 8, root: 'one' });
  expect(await digestOf(await packTree(directory, '.'))).toEqual({ sha256, files: 2, bytes: 8, root: '' });
  const [first, a, b, ...links] = [...walkTree(directory, 'two')];
  const entries = () => [first!, b!, a!, ...links.reverse()];
  expect(await digestOf(await packEntries(entries))).toEqual({ sha256, files: 2, bytes: 8, root: 'two' });
});

test('files that have changed their places give another digest', async () => {
  const [one, other] = [await tree('foo\n', 'bar\n'), await tree('bar\n', 'foo\n')];
  expect((await digestOf(await packTree(one, 'tree'))).sha256).not.toBe((await digestOf(await packTree(other, 'tree'))).sha256);
});
