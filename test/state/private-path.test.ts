import { constants, lstatSync, mkdirSync, readFileSync, type Stats, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assertOurs, isOurs, makePrivate, openPrivate, type Use } from '../../src/state/private-path.js';
import { tempDir } from '../support/temp-dir.js';

const own = process.geteuid!();
const types = { directory: constants.S_IFDIR, file: constants.S_IFREG, socket: constants.S_IFSOCK, link: constants.S_IFLNK };

function stat(type: keyof typeof types, mode: number, uid = own): Stats {
  const is = (one: keyof typeof types) => () => one === type;
  return {
    mode: types[type] | mode,
    uid,
    isDirectory: is('directory'),
    isFile: is('file'),
    isSocket: is('socket'),
    isSymbolicLink: is('link'),
  } as Stats;
}

type Case = [string, Stats, 'directory' | 'file' | 'socket', Use];

describe('ours', () => {
  test.each<Case>([
    ['a directory that only we may enter', stat('directory', 0o700), 'directory', 'state'],
    ['a directory that others may read', stat('directory', 0o755), 'directory', 'state'],
    ['a directory of root', stat('directory', 0o700, 0), 'directory', 'state'],
    ['a file that others may write: its directory guards it', stat('file', 0o666), 'file', 'state'],
    ['a socket that others may not write', stat('socket', 0o755), 'socket', 'sockets'],
    ['a guarded directory that others may read', stat('directory', 0o755), 'directory', 'guarded'],
  ])('%s', (_, of, kind, use) => {
    expect(() => assertOurs('/a', of, kind, use)).not.toThrow();
  });
});

describe('not ours', () => {
  test.each<Case>([
    ['a directory of another user', stat('directory', 0o700, own + 54321), 'directory', 'state'],
    ['a link', stat('link', 0o777), 'directory', 'state'],
    ['a file in place of a directory', stat('file', 0o600), 'directory', 'state'],
    ['a directory in place of a file', stat('directory', 0o700), 'file', 'state'],
    ['a directory that the group may write', stat('directory', 0o720), 'directory', 'state'],
    ['a directory that all may write', stat('directory', 0o702), 'directory', 'cache'],
    ['a directory of sockets that others may enter', stat('directory', 0o711), 'directory', 'sockets'],
    ['a socket that the group may write', stat('socket', 0o720), 'socket', 'sockets'],
  ])('%s', (_, of, kind, use) => {
    expect(() => assertOurs('/a', of, kind, use)).toThrow(expect.objectContaining({ code: 'state_unreadable', place: { file: '/a' } }));
  });
});

test('directories are made for us alone, whatever the umask', async () => {
  const root = await tempDir('private');
  const before = process.umask(0o777);
  try {
    makePrivate(join(root, 'a/b'), root);
  } finally {
    process.umask(before);
  }
  expect([statSync(join(root, 'a')).mode & 0o777, statSync(join(root, 'a/b')).mode & 0o777]).toEqual([0o700, 0o700]);
  expect(isOurs(join(root, 'a/b'), root)).toBe(true);
});

test('each level below what the user named is looked at, and none above', async () => {
  const root = await tempDir('private');
  mkdirSync(join(root, 'open'));
  mkdirSync(join(root, 'elsewhere'));
  symlinkSync(join(root, 'elsewhere'), join(root, 'open', 'link'));
  expect(() => makePrivate(join(root, 'open/link/a'), root)).toThrow(expect.objectContaining({ code: 'state_unreadable' }));
  expect(isOurs(join(root, 'open/link/a'), root)).toBe(false);
  expect(isOurs(join(root, 'missing'), root)).toBe(false);
  makePrivate(join(root, 'open/link/a'), join(root, 'open/link'));
  expect(isOurs(join(root, 'open/link/a'), join(root, 'open/link'))).toBe(true);
});

test('a file is opened through no link, and one that is made is 0600', async () => {
  const root = await tempDir('private');
  const [path, link] = [join(root, 'file'), join(root, 'link')];
  writeFileSync(path, 'hush', { mode: 0o644 });
  symlinkSync(path, link);
  expect(() => openPrivate(link, constants.O_RDONLY)).toThrow(expect.objectContaining({ code: 'state_unreadable' }));
  closeSync(openPrivate(path, constants.O_RDONLY));
  expect(lstatSync(path).mode & 0o777).toBe(0o644);
  closeSync(openPrivate(path, constants.O_WRONLY | constants.O_CREAT));
  expect([lstatSync(path).mode & 0o777, readFileSync(path, 'utf8')]).toEqual([0o600, 'hush']);
});
