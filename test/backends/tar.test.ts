import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Header } from 'tar';
import { expect, test } from 'vitest';
import { unpackTree } from '../../src/backends/shared/unpack.js';
import { tempDir } from '../support/temp-dir.js';
import { describeTree } from '../support/tree.js';

type Entry = {
  path: string;
  type: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO';
  linkpath?: string;
  mode?: number;
  text?: string;
};

/** A tar as nobody's tool would write it. */
function tarOf(entries: Entry[]): Readable {
  const blocks = entries.flatMap(({ text = '', mode = 0o644, ...entry }) => {
    const header = new Header({ ...entry, mode, size: text.length, mtime: new Date(0), uid: 0, gid: 0 });
    header.encode();
    return [Buffer.from(header.block!), Buffer.from(text.padEnd(Math.ceil(text.length / 512) * 512, '\0'))];
  });
  return Readable.from([...blocks, Buffer.alloc(1024)]);
}

const never = new AbortController().signal;
const inside = { path: 'top/good', type: 'File', text: 'good' } as const;

const hostile: Record<string, Entry[]> = {
  'a path with ..': [{ path: 'top/../../evil', type: 'File', text: 'evil' }],
  'through a link to above': [
    { path: 'top/up', type: 'SymbolicLink', linkpath: '../..' },
    { path: 'top/up/evil', type: 'File', text: 'evil' },
  ],
  'through a link of two links': [
    { path: 'top/a/b/l', type: 'SymbolicLink', linkpath: '../..' },
    { path: 'top/a/b/m', type: 'SymbolicLink', linkpath: 'l/../..' },
    { path: 'top/a/b/m/evil', type: 'File', text: 'evil' },
  ],
  'through a hard link to a file outside': [
    { path: 'top/passwd', type: 'Link', linkpath: '../victim' },
    { path: 'top/passwd', type: 'File', text: 'evil' },
  ],
  'permissions through a link': [
    { path: 'top/d', type: 'Directory', mode: 0o755 },
    { path: 'top/d', type: 'SymbolicLink', linkpath: '../..' },
    { path: 'top/d/victim', type: 'File', mode: 0o777, text: 'evil' },
  ],
  'through a link that was there': [{ path: 'top/outside/evil', type: 'File', text: 'evil' }],
  'through an absolute link': [
    { path: 'top/l', type: 'SymbolicLink', linkpath: '/tmp' },
    { path: 'top/l/evil-of-an-absolute-link', type: 'File', text: 'evil' },
  ],
  'a file over a link that was there': [{ path: 'top/outside', type: 'File', text: 'evil' }],
  'a device or a pipe': [{ path: 'top/pipe', type: 'FIFO' }],
};

test.for(Object.entries(hostile))('nothing gets out of the destination: %s', async ([, entries]) => {
  const place = await tempDir('tar');
  await mkdir(join(place, 'destination', 'copy'), { recursive: true });
  await writeFile(join(place, 'victim'), 'unharmed', { mode: 0o600 });
  await symlink('../..', join(place, 'destination', 'copy', 'outside'));
  const before = await describeTree(place);
  await expect(unpackTree(tarOf([...entries, inside]), join(place, 'destination'), 'copy', never)).rejects.toMatchObject({
    code: 'copy_failed',
    message: expect.stringMatching(/^not copied: /),
  });
  const after = await describeTree(place);
  for (const [path, is] of Object.entries(before)) expect([path, after[path]]).toEqual([path, is]);
  const added = Object.keys(after).filter((path) => !(path in before));
  expect(added.filter((path) => !path.startsWith('destination/copy/'))).toEqual([]);
  expect(await readFile(join(place, 'destination', 'copy', 'good'), 'utf8')).toBe('good');
});

test('links are created as they are, wherever they lead, and so is a second name of a link', async () => {
  const place = await tempDir('tar');
  const tar = tarOf([
    { path: 'top/absolute', type: 'SymbolicLink', linkpath: '/etc/passwd' },
    { path: 'top/second', type: 'Link', linkpath: 'top/absolute' },
    { path: 'top/above', type: 'SymbolicLink', linkpath: '../../..' },
    { path: 'top/sub/gone', type: 'SymbolicLink', linkpath: 'nowhere' },
  ]);
  await unpackTree(tar, place, 'copy', never);
  expect(await describeTree(place)).toEqual({
    copy: 'directory 755',
    'copy/absolute': 'link to /etc/passwd',
    'copy/second': 'link to /etc/passwd',
    'copy/above': 'link to ../../..',
    'copy/sub': 'directory 755',
    'copy/sub/gone': 'link to nowhere',
  });
});

test('a directory that nobody may write to gets its files before its permissions, and its time after them', async () => {
  const place = await tempDir('tar');
  const tar = tarOf([
    { path: 'top', type: 'Directory', mode: 0o555 },
    { path: 'top/file', type: 'File', text: 'x' },
  ]);
  await unpackTree(tar, place, null, never);
  expect(await describeTree(place)).toMatchObject({ top: 'directory 555' });
  expect((await stat(join(place, 'top'))).mtimeMs).toBe(0);
});

test('a first entry that is .. is refused', async () => {
  const place = await tempDir('tar');
  await mkdir(join(place, 'destination'));
  const tar = tarOf([{ path: '../evil', type: 'File', text: 'evil' }]);
  await expect(unpackTree(tar, join(place, 'destination'), null, never)).rejects.toMatchObject({ code: 'copy_failed' });
  expect(await describeTree(place)).toEqual({ destination: 'directory 755' });
});

test.for(['/', './'])('a root, %s, goes below the new name as a whole', async (root) => {
  const place = await tempDir('tar');
  const tar = tarOf([
    { path: root, type: 'Directory', mode: 0o755 },
    { path: `${root}bin/sh`, type: 'File', text: 'x' },
    { path: `${root}bin/ash`, type: 'Link', linkpath: `${root}bin/sh` },
  ]);
  await unpackTree(tar, place, 'copy', never);
  expect(Object.keys(await describeTree(place))).toEqual(['copy', 'copy/bin', 'copy/bin/ash', 'copy/bin/sh']);
});

test('an absolute path stays below the destination', async () => {
  const place = await tempDir('tar');
  await unpackTree(tarOf([{ path: '/top/etc/evil', type: 'File', text: 'tame' }]), place, 'copy', never);
  expect(await readFile(join(place, 'copy', 'etc', 'evil'), 'utf8')).toBe('tame');
});

test('permissions come along, powers do not', async () => {
  const place = await tempDir('tar');
  await unpackTree(tarOf([{ path: 'top', type: 'File', mode: 0o6775, text: 'x' }]), place, 'copy', never);
  expect(await describeTree(place)).toMatchObject({ copy: expect.stringMatching(/^file 775 /) });
});

test('a tar that is cut short is an error', async () => {
  const place = await tempDir('tar');
  const [header, ...rest] = (await tarOf([{ path: 'top', type: 'File', text: 'x'.repeat(2000) }]).toArray()) as Buffer[];
  await expect(unpackTree(Readable.from([header, rest[0]!.subarray(0, 600)]), place, null, never)).rejects.toMatchObject({
    code: 'copy_failed',
  });
});

test('nothing more is written once it is aborted', async () => {
  const place = await tempDir('tar');
  await expect(unpackTree(tarOf([inside]), place, 'copy', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  expect(await readdir(place)).toEqual([]);
});
