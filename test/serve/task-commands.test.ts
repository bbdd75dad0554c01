import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listening } from '../support/listening.js';
import { machine, runCli, spawnCli } from '../support/run-cli.js';

const spec = { max_duration: 300, backend: 'process', cpu: 50, memory: 64, storage: 50, engine: { command: ['sleep', '100'] } };

test('mayfly task adds, follows, shows, lists and stops tasks at a real service', async () => {
  const [far, near] = [await machine(), await machine()];
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: far });
  const { url, token } = await listening(service);
  const cli = (...args: string[]) => runCli(args, { machine: near, env: { MAYFLY_SERVER: url, MAYFLY_TOKEN: token! } });
  const file = join(near.home, 'far.json');
  await writeFile(file, JSON.stringify(spec));
  await cli('apply', file, '--auto-approve');

  const script = 'echo $A $MAYFLY_TASK_ATTEMPT; exit 3';
  const added = await cli('task', 'add', 'far', '--timeout', '1m', '--env', 'A=b', '--', 'sh', '-c', script);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S{36} · pending\n {2}sh -c echo/) as string });
  const task = added.stdout.split(' ')[0]!;
  expect(await cli('task', 'logs', task, '--follow')).toMatchObject({ code: 0, stdout: 'b 1\n', stderr: '' });
  expect((await cli('task', 'show', task)).stdout).toMatch(/failed: exited[^]*delivery +1 of 3[^]*exit code +3[^]*b 1\n$/);
  expect((await cli('task', 'list', 'far', '--state', 'failed')).stdout).toMatch(new RegExp(`${task} +failed: exited +sh -c echo`));
  expect((await cli('task', 'list', '--dead')).stdout).toBe('No tasks.\n');

  const slow = (await cli('task', 'add', 'far', '--timeout', '1m', '--', 'sleep', '100')).stdout.split(' ')[0]!;
  expect((await cli('task', 'stop', slow)).stdout).toMatch(/stopped: stop asked|being stopped/);
  expect(await cli('task', 'logs', slow, '-f')).toMatchObject({ code: 0, stdout: '' });
  expect(await cli('task', 'stop', task)).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('stopped cannot follow failed') as string },
  });
  expect(await cli('task', 'add', 'far', '--timeout', '1h', '--', 'true')).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('timeout: the worker takes tasks for') as string },
  });
  await cli('destroy', 'far', '--auto-approve');

  await cli('fleet', 'add', 'pool', '--spec', file, '--min', '0', '--max', '1', '--idle', '1s');
  const pooled = (await cli('task', 'add', '--fleet', 'pool', '--timeout', '1m', '--', 'echo', 'pooled')).stdout.split(' ')[0]!;
  expect(await cli('task', 'logs', pooled, '-f')).toMatchObject({ code: 0, stdout: 'pooled\n' });
  expect((await cli('task', 'show', pooled)).stdout).toMatch(/completed[^]*fleet +\S{36}[^]*exit code +0/);
  expect((await cli('task', 'list')).stdout).toMatch(new RegExp(`${pooled} +completed`));
  expect(await cli('task', 'add', 'far', '--fleet', 'pool', '--', 'true')).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('task add needs either a run, --fleet or --allocation') as string },
  });
  await cli('fleet', 'rm', 'pool');
});
