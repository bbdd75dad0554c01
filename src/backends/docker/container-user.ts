import type { Readable } from 'node:stream';
import type { ReadEntry } from 'tar';
import { MayflyError } from '../../errors.js';
import { isStatus } from './http-client.js';

/** Most bytes of a container's list of users. */
const longest = 4 * 2 ** 20;

interface Ids {
  uid: number;
  gid: number;
}

/**
 * The ids of a container's user, by the rules of the daemon: `user` is the container's `User`, such as `node` or `1000:1000`; empty is root.
 * A number without an entry has group 0. `read`: returns the text of a file in the container; empty if there is none.
 *
 * @throws MayflyError `copy_failed` where the container does not list a name
 */
export async function idsOf(user: string, read: (path: string) => Promise<string>): Promise<Ids> {
  const [name = '', group = ''] = user.split(':');
  const ids = name === '' ? { uid: 0, gid: 0 } : await userIds(name, group, read);
  if (group === '') return ids;
  if (isNumber(group)) return { ...ids, gid: Number(group) };
  const [, , gid] = entryOf(await read('/etc/group'), ([own]) => own === group) ?? [];
  if (gid === undefined) throw notListed('group', group, '/etc/group');
  return { ...ids, gid: Number(gid) };
}

async function userIds(name: string, group: string, read: (path: string) => Promise<string>): Promise<Ids> {
  // Both numbers are given: nothing to look up.
  if (isNumber(name) && isNumber(group)) return { uid: Number(name), gid: Number(group) };
  const found = entryOf(await read('/etc/passwd'), ([own, , uid]) => own === name || (isNumber(name) && uid === name));
  if (found) return { uid: Number(found[2]), gid: Number(found[3]) };
  if (!isNumber(name)) throw notListed('user', name, '/etc/passwd');
  return { uid: Number(name), gid: 0 };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

function entryOf(text: string, matches: (fields: string[]) => boolean): string[] | undefined {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .find((fields) => fields.length > 2 && matches(fields));
}

function notListed(kind: string, name: string, file: string): MayflyError {
  return new MayflyError('copy_failed', {
    cause: `the container has no ${kind} ${name} in its ${file}`,
    remedy: 'give the owner as two numbers: owner: "1000:1000"',
  });
}

/** The text of a file in a container; empty if there is none. `read`: returns a tar of the file. */
export async function readText(path: string, read: (path: string) => Promise<Readable>): Promise<string> {
  const { Parser } = await import('tar');
  const parts: Buffer[] = [];
  const parser = new Parser({
    onReadEntry(entry: ReadEntry) {
      if (entry.type === 'File' && entry.size <= longest) entry.on('data', (part: Buffer) => parts.push(part));
      else entry.resume();
    },
  });
  try {
    for await (const chunk of await read(path)) parser.write(chunk as Buffer);
  } catch (error) {
    if (isStatus(error, 404)) return '';
    throw error;
  }
  parser.end();
  return Buffer.concat(parts).toString('utf8');
}
