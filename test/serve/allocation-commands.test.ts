import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listening } from '../support/listening.js';
import { machine, runCli, spawnCli } from '../support/run-cli.js';

const spec = { max_duration: 300, backend: 'process', cpu: 1000, memory: 512, storage: 50, engine: { command: ['sleep', '100'] } };

test('mayfly allocation holds resources at a real service, and its tasks run in them', async () => {
  const [far, near] = [await machine(), await machine()];
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: far });
  const { url, token } = await listening(service);
  const env = { MAYFLY_SERVER: url, MAYFLY_TOKEN: token! };
  const cli = (...args: string[]) => runCli(args, { machine: near, env });
  const file = join(near.home, 'far.json');
  await writeFile(file, JSON.stringify(spec));
  await cli('fleet', 'add', 'pool', '--spec', file, '--min', '0', '--max', '1', '--idle', '1s');

  expect(await cli('fleet', 'add', 'far', '--spec', file, '--max', '1', '--on', 'zone=a', '--on', 'disk=ssd')).toMatchObject({
    ...{ code: 3, stderr: expect.stringContaining('the node does not have the labels zone=a, disk=ssd') as string },
  });

  const asked = ['--cpu', '500', '--memory', '128', '--ttl', '2m'];
  const added = await cli('allocation', 'add', 'pool', ...asked, '--max-cpu', '800', '--label', 'team=a', '--wait');
  expect(added).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\S{36} · granted\n[^]*granted +0\.8 CPU, 128 MB\n[^]*label +team=a\n[^]*\(every 1 min\)/) as string,
    stderr: expect.stringContaining(' waits: no ready worker has 500 millicores and 128 MB free in engine for 120 s') as string,
  });
  const id = added.stdout.split(' ')[0]!;
  const task = (await cli('task', 'add', '--allocation', id, '--timeout', '1m', '--', 'echo', 'held')).stdout.split(' ')[0]!;
  expect(await cli('task', 'logs', task, '-f')).toMatchObject({ code: 0, stdout: 'held\n' });
  expect((await cli('task', 'show', task)).stdout).toContain(id);
  expect((await cli('allocation', 'renew', id, '--interval', '2m')).stdout).toContain('(every 2 min)');
  expect((await cli('allocation', 'list', 'pool')).stdout).toMatch(new RegExp(`${id} +granted +0.8 CPU, 128 MB`));
  expect(await cli('allocation', 'add', 'pool', '--cpu', '1001', '--memory', '1', '--ttl', '1m')).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('min.cpu: the least is 1001, and engine of a worker has 1000') as string },
  });
  expect(await cli('allocation', 'add', 'pool', '--cpu', '1')).toMatchObject({
    ...{ code: 1, stderr: expect.stringContaining('--memory N is missing') as string },
  });
  expect((await cli('allocation', 'free', id)).stdout).toMatch(/closing|ended/);
  expect((await cli('allocation', 'events', id)).stdout).toMatch(
    /allocation_waiting +\{"by[^]*allocation_granted +\{"worker[^]*allocation_ended +\{"reason":"freed"\}/,
  );
  expect((await cli('allocation', 'show', id)).stdout).toMatch(/· ended: freed\n/);

  const held = await spawnCli(['allocation', 'add', 'pool', ...asked, '--hold'], { machine: near, env });
  await new Promise<void>((resolve) => held.child.stdout!.on('data', () => held.stdout().includes('granted') && resolve()));
  held.child.kill('SIGINT');
  expect(await held.done).toMatchObject({ code: 0, stderr: expect.stringContaining('is freed. Running tasks continue.') as string });
  expect((await cli('allocation', 'list')).stdout).toBe('No allocations.\n');
  await cli('fleet', 'rm', 'pool');
});
