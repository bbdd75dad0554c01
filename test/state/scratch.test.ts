import { spawnSync } from 'node:child_process';
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identityName, ownIdentity } from '../../src/state/process-identity.js';
import { Scratch } from '../../src/state/scratch.js';
import { systemClock } from '../../src/clock.js';
import { tempDir } from '../support/temp-dir.js';

const later = (ms: number) => ({ ...systemClock, now: () => Date.now() + ms });

async function scene() {
  const stateDir = await tempDir();
  const root = join(stateDir, 'scratch');
  const leave = async (name: string) => {
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, 'terraform.tfstate'), 'keys');
    return name;
  };
  return { root, leave, of: (worker: string, clock = systemClock) => new Scratch(stateDir, worker, clock) };
}

test('a directory of the user’s alone, as long as the work takes', async () => {
  const { root, of } = await scene();
  await of('docker-w').within(async ({ path }) => {
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(root)).mode & 0o777).toBe(0o700);
  });
  await expect(of('docker-w').within(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await readdir(root)).toEqual([]);
});

test('what a dead process left of the worker goes; what may be in use stays', async () => {
  const { root, leave, of } = await scene();
  const own = ownIdentity();
  const dead = { ...own, pid: spawnSync('true').pid, start: 1 };
  const again = { ...own, start: own.start! - 1 };
  await leave(`docker-w.${identityName(dead)}.a`);
  await leave(`docker-w.${identityName(again)}.b`);
  const stay = [
    await leave(`docker-w.${identityName(own)}.c`),
    await leave(`docker-w.${identityName({ ...dead, host: 'another' })}.d`),
    await leave(`docker-w-2.${identityName(dead)}.e`),
  ];
  await of('docker-w').sweep();
  expect((await readdir(root)).sort()).toEqual(stay.sort());
});

test('what nobody here can tell the owner of goes after a day', async () => {
  const { root, leave, of } = await scene();
  await leave(`docker-w.${identityName({ ...ownIdentity(), host: 'another' })}.a`);
  await of('docker-w', later(86_000_000)).sweep();
  expect(await readdir(root)).toHaveLength(1);
  await of('docker-w', later(87_000_000)).sweep();
  expect(await readdir(root)).toEqual([]);
});
