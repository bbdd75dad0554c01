import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hasEnded, identityName, isIdentityName, mayBeAlive, ownIdentity, type ProcessIdentity } from '../../src/state/process-identity.js';
import { until } from '../support/poll.js';
import { afterTest } from '../support/temp-dir.js';

function stat(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

test.each<[string, Partial<ProcessIdentity>, boolean]>([
  ['this process', {}, true],
  ['one of another host, whatever its number', { pid: 2 ** 30, host: 'elsewhere' }, true],
  ['a number that nobody has', { pid: 2 ** 30 }, false],
])('%s', (_name, other, alive) => {
  expect(mayBeAlive({ ...ownIdentity(), ...other })).toBe(alive);
});

test.runIf(process.platform === 'linux')('a later process of the same number is another', () => {
  expect(mayBeAlive({ ...ownIdentity(), start: 1 })).toBe(false);
});

test.runIf(process.platform === 'linux')('one that was killed and that nobody has buried is dead', async () => {
  // The shell becomes a program that never asks after its child.
  const parent = spawn('sh', ['-c', 'sleep 0.01 & exec sleep 1000'], { stdio: 'ignore' });
  afterTest(() => parent.kill('SIGKILL'));
  const children = () => readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim();
  const child = Number(await until('it has a child', () => children() || undefined));
  const start = Number(stat(child)[19]);
  await until('the child is a zombie', () => stat(child)[0] === 'Z');
  expect(mayBeAlive({ ...ownIdentity(), pid: child, start })).toBe(false);
});

test.runIf(process.platform === 'linux').each<[string, Partial<ProcessIdentity>, boolean]>([
  ['this process', {}, false],
  ['a number that nobody has', { pid: 2 ** 30 }, true],
  ['a later process of the same number', { start: 1 }, true],
  ['a process of another host', { pid: 2 ** 30, host: 'elsewhere' }, false],
  ['a process whose start the system does not show', { pid: 2 ** 30, start: null }, false],
])('by its name, %s has ended: %s', (_name, other, ended) => {
  const name = identityName({ ...ownIdentity(), ...other });
  expect([isIdentityName(name), hasEnded(name)]).toEqual([true, ended]);
});

test.each(['', 'a-1-2', '0123456789abcdef-0-1', '0123456789abcdef--1', '0123456789abcdef-1-2\n', `0123456789abcdef-${'9'.repeat(11)}-1`])(
  '%j names no process',
  (text) => {
    expect([isIdentityName(text), hasEnded(text)]).toEqual([false, false]);
  },
);
