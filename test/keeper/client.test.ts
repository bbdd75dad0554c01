import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { isOlder } from '../../src/keeper/protocol.js';
import { StateLayout } from '../../src/state/layout.js';
import { ownIdentity } from '../../src/state/process-identity.js';
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
