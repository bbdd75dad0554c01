import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { until } from '../support/poll.js';
import { spawnCli } from '../support/run-cli.js';
import { container, leftOf, small, worker } from './support.js';

describe.skipIf(!dockerAvailable())('a fresh container of a retained worker on real Docker', () => {
  test('has the image and the volumes, and nothing of it outlives the command or the worker', async () => {
    const one = await worker({
      ...small,
      retain: { failure: '5m' },
      volumes: [{ name: 'data', storage: 10 }],
      containers: [
        container('test', { env: { GREETING: 'hello' }, mounts: [{ name: 'data', mount_point: '/data' }], working_dir: '/data' }),
      ],
    });
    const { name, machine } = one;
    const exec = (...words: string[]) => spawnCli(['exec', name, 'test', ...words], { machine });
    const run = await spawnCli(['run', one.specPath, '--name', name, '--in', 'test', '--', 'sh', '-c', 'echo why > found; exit 3'], {
      machine,
    });
    expect(await run.done).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`  mayfly exec -it ${name} test --fresh -- sh `),
    });
    const stopped = await leftOf(name);
    const plain = await (await exec('--', 'true')).done;
    expect(plain).toMatchObject({ code: 1, stderr: expect.stringContaining(`mayfly exec ${name} test --fresh -- true`) });

    const looked = await (await exec('--fresh', '--', 'sh', '-c', 'cat found; echo $GREETING; ls /sys/class/net; exit 7')).done;
    expect(looked).toMatchObject({ code: 7, stdout: 'why\nhello\nlo\n', stderr: '' });
    expect(await leftOf(name)).toEqual(stopped);

    const killed = await exec('--fresh', '--', 'sh', '-c', 'echo up; sleep 1000');
    await until('the command runs', () => killed.stdout().includes('up'), { withinMs: 30_000 });
    killed.child.kill('SIGKILL');
    await killed.done;
    expect(await leftOf(name)).toHaveLength(stopped.length + 1);
    expect((await one.must(['show', name])).stdout).not.toContain('fresh');
    expect((await one.must(['list'])).stdout).toMatch(new RegExp(`${name} .* retained `));

    const shell = await exec('--fresh', '--', 'sh', '-c', 'echo up; sleep 1000');
    await until('the command runs', () => shell.stdout().includes('up'), { withinMs: 30_000 });
    await one.must(['destroy', name, '--auto-approve']);
    expect(await shell.done).toMatchObject({ stderr: expect.stringContaining('destroyed') });
    expect(await leftOf(name)).toEqual([]);
  });
});
