import { once } from 'node:events';
import { copyFileSync, mkdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listening } from '../support/listening.js';
import { machine, type Machine, runCli, spawnCli } from '../support/run-cli.js';
import { afterTest } from '../support/temp-dir.js';

/** A service with processes of this machine as its node. */
async function serve(on: Machine, greeting = { first: true }) {
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: on });
  return { service, ...(await listening(service, greeting)) };
}

test('a backup of a running service is restored on another machine, with its tokens', async () => {
  const [first, second] = [await machine(), await machine()];
  const { token } = await serve(first);
  const file = join(first.home, 'backup.db');
  expect(await runCli(['serve', 'backup', 'backup.db'], { machine: first })).toMatchObject({
    code: 0,
    stdout: `The database is copied to ${file}.\n`,
    stderr: '',
  });

  mkdirSync(join(second.stateDir, 'serve'), { mode: 0o700 });
  copyFileSync(file, join(second.stateDir, 'serve', 'dispatch.db'));
  const { service: restored, url } = await serve(second, { first: false });
  expect(restored.stdout()).not.toContain('The first token');
  const answer = await fetch(`${url}/v1/runs`, { headers: { authorization: `Bearer ${token}` } });
  expect(await answer.json()).toEqual({ runs: [], next: null });
});

test('a backup without a file, or without a service, is refused with the reason', async () => {
  const on = await machine();
  expect(await runCli(['serve', 'backup'], { machine: on })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the file of the backup is missing') as string,
  });
  expect(await runCli(['serve', 'backup', 'a.db'], { machine: on })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('dispatch.db: does not exist: mayfly serve has not run with this state directory') as string,
  });
});

test('a second service on a state directory is refused', async () => {
  const on = await machine();
  await serve(on);
  expect(await runCli(['serve', '--processes', '--port', '0'], { machine: on })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('another mayfly serve uses this directory') as string,
  });
});

test('a first start on a port that is taken keeps the first token for the next one', async () => {
  const on = await machine();
  const taken = createServer().listen(0, '127.0.0.1');
  afterTest(() => void taken.close());
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  expect((await runCli(['serve', '--processes', '--port', String(port)], { machine: on })).code).toBe(1);
  expect((await serve(on)).token).toMatch(/^mfy_/);
});
