import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { isOlder } from '../../src/keeper/protocol.js';
import { StateLayout } from '../../src/state/layout.js';
import { ownIdentity } from '../../src/state/process-identity.js';
import { manualClock } from '../support/manual-clock.js';
import { until } from '../support/poll.js';
import { afterTest, tempDir } from '../support/temp-dir.js';

/** Goes at once when it is started first, as one that finds another's lock does; answers when it is started again. */
const second = `
  const { existsSync, writeFileSync } = require('node:fs');
  const [, mark, socket] = process.argv;
  if (!existsSync(mark)) writeFileSync(mark, '');
  else require('node:net').createServer((one) => one.on('data', () => one.write(JSON.stringify({ ok: true, pid: process.pid, version: '0.1.0' }) + '\\n'))).listen(socket);
`;

test('a keeper that went again is started again', async () => {
  const root = await tempDir('keeper');
  const layout = new StateLayout(root, systemClock);
  const command = [process.execPath, '-e', second, `${root}/mark`, layout.keeperSocket];
  const client = new KeeperClient({ layout, clock: systemClock, env: process.env, version: '0.1.0', command });
  await client.wake();
  const armed = await client.arm({ backend: 'docker', endpoint: 'unix:///x', env: {} });
  const pid = await armed.pid();
  afterTest(() => process.kill(pid, 'SIGKILL'));
  expect(pid).toBeGreaterThan(0);
  armed.release();
});

test.each<[string | undefined, string, boolean]>([
  [undefined, '0.1.0', true],
  ['0.1.0', '0.1.0', false],
  ['0.1.0', '0.1.1', true],
  ['0.9.0', '0.10.0', true],
  ['0.10.0', '0.9.9', false],
  ['1.0.0', '0.9.9', false],
  ['not a version', '0.1.0', true],
])('a keeper of version %s is older than %s: %s', (keeper, own, older) => {
  expect(isOlder(keeper, own)).toBe(older);
});

test('a keeper of an earlier version that runs elsewhere is not ended from here', async () => {
  const layout = new StateLayout(await tempDir('keeper'), systemClock);
  const server = createServer((one) => one.on('data', () => one.write(`${JSON.stringify({ ok: true, pid: process.pid })}\n`)));
  await new Promise<void>((resolve) => server.listen(layout.keeperSocket, resolve));
  afterTest(() => server.close());
  const holder = { ...ownIdentity(), host: 'another' };
  await writeFile(layout.keeperLock, JSON.stringify({ id: 'x', user: 'x', operation: 'keeper', process: holder, since: '' }));
  const client = new KeeperClient({ layout, clock: systemClock, env: process.env, version: '0.1.0', command: ['true'] });
  await expect(client.arm({ backend: 'docker', endpoint: 'unix:///x', env: {} })).rejects.toMatchObject({
    code: 'not_armed',
    remedy: `end it where it runs (kill ${process.pid}), then run the same command again`,
  });
});

/** A keeper that answers as one of that version, in this process. */
async function keeperOf(version: string | undefined, clock: Clock) {
  const layout = new StateLayout(await tempDir('keeper'), clock);
  const server = createServer((one) => {
    one.on('error', () => {}).on('data', () => one.write(`${JSON.stringify({ ok: true, pid: process.pid, version })}\n`));
  });
  await new Promise<void>((resolve) => server.listen(layout.keeperSocket, resolve));
  afterTest(() => server.close());
  const owner = { id: 'x', user: 'x', operation: 'keeper', process: ownIdentity(), since: '' };
  await writeFile(layout.keeperLock, JSON.stringify(owner));
  return new KeeperClient({ layout, clock, env: process.env, version: '0.2.0', command: ['true'] });
}

const ask = { backend: 'docker', endpoint: 'unix:///x', env: {} };

test.for(['0.2.0', '0.2.1', '1.0.0'])('a keeper of version %s is asked by a command of 0.2.0', async (version) => {
  const client = await keeperOf(version, systemClock);
  const armed = await client.arm(ask);
  expect(await armed.pid()).toBe(process.pid);
  armed.release();
});

test.for(['0.1.9', undefined])('a keeper of version %s is sent TERM once, and has 15 s to end', async (version) => {
  // Pauses pass at once, and the deadlines of questions do not.
  const paused = manualClock();
  const clock: Clock = {
    now: paused.now,
    sleep: (ms, signal) => (ms < 1000 ? paused.sleep(ms, signal) : once(signal!, 'abort').then(() => signal!.throwIfAborted())),
  };
  const client = await keeperOf(version, clock);
  const sent: unknown[] = [];
  const kill = vi.spyOn(process, 'kill').mockImplementation((...call) => (call[1] !== 0 && sent.push(call), true));
  afterTest(() => kill.mockRestore());
  const began = clock.now();
  await expect(client.arm(ask)).rejects.toMatchObject({
    code: 'not_armed',
    message: expect.stringMatching(/of an earlier version \(pid \d+\) did not end within 15 s/) as string,
  });
  expect(sent).toEqual([[process.pid, 'SIGTERM']]);
  expect(clock.now() - began).toBe(15_000);
});

test('no keeper that answers within 15 s is none', async () => {
  const clock = manualClock();
  const layout = new StateLayout(await tempDir('keeper'), clock);
  const client = new KeeperClient({ layout, clock, env: process.env, version: '0.2.0', command: ['true'] });
  const began = clock.now();
  await expect(client.arm(ask)).rejects.toMatchObject({ code: 'not_armed', message: expect.stringContaining('within 15 s') as string });
  expect([clock.now() - began, new Set(clock.slept)]).toEqual([15_000, new Set([20])]);
});

test('a keeper is started once, however many ask, and only where one was watching', async () => {
  const layout = new StateLayout(await tempDir('keeper'), systemClock);
  const mark = `${layout.root}/started`;
  const command = ['sh', '-c', `echo started >> ${mark}; sleep 5`];
  const client = new KeeperClient({ layout, clock: systemClock, env: process.env, version: '0.2.0', command });
  await client.revive();
  expect(existsSync(mark)).toBe(false);
  await writeFile(layout.keeperWatch, '[]');
  await Promise.all([client.revive(), client.revive(), client.wake()]);
  await until('it has started', () => existsSync(mark) && readFileSync(mark, 'utf8') === 'started\n');
  await client.wake();
  expect(await readFile(mark, 'utf8')).toBe('started\n');
  expect(await client.status()).toEqual({ kind: 'none' });
});
