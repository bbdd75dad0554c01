import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dockerAvailable, images, removeOwned } from '../support/docker.js';
import { until } from '../support/poll.js';
import { accessOf, container, jsonLines, leftOf, serve, type Worker, wait, worker } from './support.js';

const spec = {
  max_duration: 600,
  create_timeout: 120,
  cpu: 200,
  memory: 48,
  storage: 100,
  engine: { image: images.busybox, command: serve, port: 8080 },
  volumes: [
    { name: 'work', storage: 50, medium: 'disk' },
    { name: 'scratch', storage: 4, medium: 'memory' },
  ],
  containers: [
    container('build', {
      cpu: 300,
      memory: 24,
      command: ['sh', '-c', "trap 'exit 0' TERM; until [ -e /tmp/hungry ]; do sleep 0.2; done; exec tail /dev/zero"],
      mounts: [
        { name: 'work', mount_point: '/work' },
        { name: 'scratch', mount_point: '/scratch' },
      ],
    }),
    container('client', {
      image: images.postgres,
      cpu: 300,
      memory: 64,
      command: wait(),
      mounts: [{ name: 'work', mount_point: '/data/work' }],
    }),
  ],
  service_containers: [
    container('db', {
      image: images.postgres,
      cpu: 500,
      memory: 128,
      env: { POSTGRES_USER: 'app', POSTGRES_PASSWORD: "it's secret", POSTGRES_DB: 'app' },
      healthcheck: { command: ['CMD', 'pg_isready', '-U', 'app'], interval: 0.5, timeout: 5, retries: 100 },
    }),
  ],
};

describe.skipIf(!dockerAvailable())('a worker with engine, two containers, PostgreSQL and two volumes', () => {
  let one: Worker;
  const exec = (name: string, ...command: string[]) => one.cli(['exec', 'NAME', name, '--', ...command]);
  const sh = (name: string, line: string) => exec(name, 'sh', '-c', line);

  beforeAll(async () => {
    one = await worker(spec);
    await one.apply();
    return async () => {
      await removeOwned(one.name);
      await rm(dirname(one.machine.home), { recursive: true, force: true });
    };
  });

  test.for(['localhost', 'db'])('a query from a sibling to %s:5432', async (host) => {
    const query = ['psql', '-h', host, '-p', '5432', '-U', 'app', '-d', 'app', '-tAc', 'select 6 * 7'];
    expect(await exec('client', 'env', "PGPASSWORD=it's secret", ...query)).toMatchObject({ code: 0, stdout: '42\n' });
  });

  test('the service is waited for: it answers as soon as apply is done', async () => {
    expect(await exec('db', 'pg_isready', '-U', 'app')).toMatchObject({ code: 0 });
  });

  test('a file written in one container is read in another, and in the engine at /media/<name>', async () => {
    expect(await sh('build', 'echo from build > /work/file')).toMatchObject({ code: 0 });
    expect(await sh('client', 'cat /data/work/file')).toMatchObject({ code: 0, stdout: 'from build\n' });
    expect(await sh('engine', 'cat /media/work/file')).toMatchObject({ code: 0, stdout: 'from build\n' });
    expect(await sh('engine', 'echo from engine > /media/scratch/file')).toMatchObject({ code: 0 });
    expect(await sh('build', 'cat /scratch/file')).toMatchObject({ code: 0, stdout: 'from engine\n' });
  });

  test('a full memory volume refuses, and a file on disk is not held back by it', async () => {
    const full = await sh('build', 'dd if=/dev/zero of=/scratch/much bs=64k count=200; code=$?; rm -f /scratch/much; exit $code');
    expect(full.code).toBe(1);
    expect(full.stderr).toContain('No space left on device');
    expect(await sh('build', 'dd if=/dev/zero of=/work/much bs=64k count=200 2>&1 && rm /work/much')).toMatchObject({ code: 0 });
  });

  test('the port is reached at the access address', async () => {
    const { addresses, port, disable_tls } = await accessOf(one);
    expect({ addresses, disable_tls }).toEqual({ addresses: ['127.0.0.1'], disable_tls: false });
    const answer = await fetch(`http://${addresses[0]}:${port}/`);
    expect(await answer.text()).toBe('hello\n');
  });

  test('the engine knows its own keys', async () => {
    const { remote_key } = await accessOf(one);
    expect(await sh('engine', 'echo $MAYFLY_REMOTE_KEY')).toMatchObject({ stdout: `${remote_key}\n` });
    expect(await sh('build', 'echo "[$MAYFLY_REMOTE_KEY]"')).toMatchObject({ stdout: '[]\n' });
  });

  test('the memory limit kills an overeater, which is reported as out of memory', async () => {
    expect(await sh('build', 'tail /dev/zero')).toMatchObject({ code: 137 });
    expect(await sh('build', 'touch /tmp/hungry')).toMatchObject({ code: 0 });
    const report = await until('the report says so', async () => {
      const { stdout } = await one.must(['show', 'NAME', '--json']);
      const [shown] = jsonLines(stdout) as unknown as { containers: { container: string; outOfMemory: boolean }[] }[];
      return shown?.containers.find(({ container, outOfMemory }) => container === 'build' && outOfMemory);
    });
    expect(report).toMatchObject({ container: 'build', outOfMemory: true });
  });

  afterAll(async () => {
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});
