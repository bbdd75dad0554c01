import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { listening } from '../support/listening.js';
import { machine, runCli, spawnCli } from '../support/run-cli.js';

const spec = {
  max_duration: 300,
  backend: 'process',
  cpu: 50,
  memory: 64,
  storage: 50,
  engine: { command: ['sh', '-c', 'echo up; exec sleep 100'] },
};

test('a whole life at a real service: apply, apply again, list, extend, runs, destroy', async () => {
  const [far, near] = [await machine(), await machine()];
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: far });
  const { url, token } = await listening(service);
  const env = { MAYFLY_SERVER: url, MAYFLY_TOKEN: token! };
  const cli = (...args: string[]) => runCli(args, { machine: near, env });
  const file = join(near.home, 'far.json');
  await writeFile(file, JSON.stringify({ ...spec, engine: { ...spec.engine, env: { WORD: '${env:WORD:-here}' } } }));

  const unasked = await cli('apply', file);
  expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('there is no terminal to ask for approval')]);
  expect(await cli('plan', file)).toMatchObject({ code: 0, stdout: expect.stringContaining('  process: has room now\n') as string });
  const applied = await cli('apply', file, '--auto-approve');
  expect([applied.code, applied.stderr]).toEqual([0, expect.stringContaining('far: running on process')]);
  const id = /run +(\S+)/.exec(applied.stdout)![1]!;
  expect((await cli('apply', file, '--json')).stdout).toContain(`"id":"${id}"`);
  await writeFile(file, JSON.stringify({ ...spec, max_duration: 301 }));
  expect(await cli('apply', file)).toMatchObject({ code: 1, stderr: expect.stringContaining('has another spec') as string });

  expect((await cli('list')).stdout).toMatch(new RegExp(`${id} +far +running +process`));
  expect((await cli('extend', 'far', '10m')).stdout).toMatch(/^far ends at .* \(in 1[45] min/);
  expect((await cli('runs', 'far')).stdout).toContain('extend_asked');
  expect((await cli('nodes')).stdout).toMatch(/process +ready/);
  const module = join(near.home, 'sum.wasm');
  await writeFile(module, Buffer.from('0061736d01000000', 'hex'));
  const added = await cli('functions', 'add', 'sum', 'v1', '--timeout', '30s', '--env', 'KEY=secret', '--', 'bc', '-l');
  expect(added).toMatchObject({ code: 0, stdout: 'sum: v1 is the default.\n' });
  expect(await cli('functions', 'add', 'sum', 'v2', '--wasm', module, '--', '--fast')).toMatchObject({
    stdout: 'sum: v2 is not the default. To switch: mayfly functions switch sum v2\n',
  });
  expect(await cli('functions', 'switch', 'sum', 'v2')).toMatchObject({ code: 0, stdout: 'sum: v2 is the default, before v1.\n' });
  expect(await cli('functions', 'rollback', 'sum')).toMatchObject({ code: 0, stdout: 'sum: v1 is the default, before v2.\n' });
  expect((await cli('functions', 'list')).stdout).toMatch(
    /^sum +v1 +default +bc -l +engine +30 s .*\nsum +v2 +wasm 93a44bbb96c7 +engine +10 min /m,
  );
  expect(await cli('functions', 'add', 'sum', 'v1', '--', 'other')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('this revision exists with other contents') as string,
  });
  expect(await cli('functions', 'switch', 'sum')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the name of the revision is missing') as string,
  });
  expect(await cli('logs', 'far')).toMatchObject({ code: 0, stdout: 'up\n', stderr: '' });
  expect(await cli('logs', 'far', 'db')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the worker has no container "db"') as string,
  });
  expect(await cli('wait', 'far', '--for', 'ready')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^far is ready; it ends at/) as string,
  });
  expect(await cli('wait', 'far', '--timeout', '1')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the worker is not ended after 1 s') as string,
  });
  expect((await cli('list', '--server', 'local', '--backend', 'process')).stdout).toBe('No workers.\n');

  expect(await cli('destroy', 'far', '--auto-approve')).toMatchObject({ code: 0, stdout: 'far is ended: cancelled.\n' });
  expect(await cli('destroy', id)).toMatchObject({ code: 0, stdout: `${id} has already ended: cancelled.\n` });
  expect(await cli('logs', id)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^up\n/) as string,
    stderr: 'mayfly: far has ended (cancelled); this log was stored at its end\n',
  });
  expect(await cli('wait', id)).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+ ended at .*: cancelled\.\n$/) as string });
  await writeFile(file, JSON.stringify({ ...spec, memory: 999_000_000 }));
  expect((await cli('plan', file)).code).toBe(3);
  expect(await cli('apply', file, '--auto-approve')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('no node can ever') as string,
  });
  const { stdout } = await runCli(['list', '--server', url, '--json'], { machine: near, env: { MAYFLY_TOKEN: env.MAYFLY_TOKEN } });
  expect(JSON.parse(stdout)).toEqual([]);
});

test('work in workers of a service: exec, cp, run', async () => {
  const [far, near] = [await machine(), await machine()];
  const service = await spawnCli(['serve', '--processes', '--port', '0'], { machine: far });
  const { url, token } = await listening(service);
  const cli = (...args: string[]) => runCli(args, { machine: near, env: { MAYFLY_SERVER: url, MAYFLY_TOKEN: token! } });
  const file = join(near.home, 'work.json');
  await writeFile(file, JSON.stringify(spec));
  const applied = await cli('apply', file, '--auto-approve');
  const id = /run +(\S+)/.exec(applied.stdout)![1]!;
  const asked = await cli('exec', 'work', '--env', 'A=b', '--', 'sh', '-c', 'echo $A; echo warned >&2; exit 7');
  expect(asked).toMatchObject({ code: 7, stdout: 'b\n', stderr: 'warned\n' });
  expect(await cli('cp', file, 'work:copied.json')).toMatchObject({ code: 0, stderr: '' });
  expect(await cli('cp', `${id}:copied.json`, join(near.home, 'back.json'))).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(join(near.home, 'back.json'), 'utf8')).toBe(await readFile(file, 'utf8'));
  const ran = await cli('run', file, '--name', 'short', '--artifact', 'engine:made', '--', 'sh', '-c', 'echo made >made; echo ran; exit 5');
  expect(ran).toMatchObject({ code: 5, stdout: 'ran\n', stderr: expect.stringContaining('collected 1 artifact: made (5 B)') as string });
  expect(await readFile(join(near.home, 'made'), 'utf8')).toBe('made\n');
  expect((await cli('runs', '--name', 'short')).stdout).toContain('cancelled');
});
