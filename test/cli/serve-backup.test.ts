import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../support/poll.js';
import { machine, type Machine, runCli, type RunningCli, spawnCli } from '../support/run-cli.js';

/** A service with processes of this machine as its node. */
async function serve(on: Machine): Promise<RunningCli> {
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: on });
  await until('the service listens', () => /serves on .*\n/.test(service.stdout()), { withinMs: 30_000 });
  return service;
}

test('a backup of a running service is restored on another machine, with its tokens', async () => {
  const [first, second] = [await machine(), await machine()];
  const service = await serve(first);
  const token = /mfy_\S+/.exec(service.stdout())?.[0];
  const file = join(first.home, 'backup.db');
  expect(await runCli(['serve', 'backup', 'backup.db'], { machine: first })).toMatchObject({
    code: 0,
    stdout: `The database is copied to ${file}.\n`,
    stderr: '',
  });

  mkdirSync(join(second.stateDir, 'serve'), { mode: 0o700 });
  copyFileSync(file, join(second.stateDir, 'serve', 'dispatch.db'));
  const restored = await serve(second);
  expect(restored.stdout()).not.toContain('The first token');
  const url = /http:\S+/.exec(restored.stdout())![0];
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
