import { describe, expect, test } from 'vitest';
import { outgrown } from '../../src/backends/ports/sizes.js';
import { accessOf, container, type SpecFile, serve, small, wait, type Worker, worker } from '../docker/support.js';
import { openDocker } from '../backends/docker/support.js';
import { images, ownedObjects, removeOwned } from '../support/docker.js';
import { until } from '../support/poll.js';
import { afterTest } from '../support/temp-dir.js';
import { podmanAvailable, podmanSocket } from './support.js';

async function onPodman(spec: SpecFile): Promise<Worker> {
  const one = await worker(spec, { env: { DOCKER_HOST: `unix://${podmanSocket}` } });
  // Twice: what the others have joined goes once they are gone.
  afterTest(async () => {
    await removeOwned(one.name, podmanSocket);
    await removeOwned(one.name, podmanSocket);
  });
  return one;
}

const left = (one: Worker) => ownedObjects(one.name, podmanSocket);
const gone = (one: Worker) => until('nothing is left', async () => (await left(one)).length === 0, { withinMs: 40_000, everyMs: 200 });

const whole: SpecFile = {
  ...small,
  storage: 200,
  engine: { image: images.busybox, command: serve, port: 8080, env: { GREETING: 'hello' } },
  volumes: [{ name: 'work', storage: 50 }],
  containers: [container('build', { command: wait(), mounts: [{ name: 'work', mount_point: '/work' }] })],
  service_containers: [
    container('web', {
      command: ['sh', '-c', 'sleep 1; mkdir -p /tmp/w; echo web > /tmp/w/index.html; exec httpd -f -p 5432 -h /tmp/w'],
      healthcheck: { command: ['wget', '-q', '-O-', 'http://localhost:5432'], interval: 1, timeout: 5, retries: 30 },
    }),
  ],
};

describe.skipIf(!podmanAvailable())('a worker on podman', () => {
  test('its whole life: made, ready, planned again without changes, used, adopted, destroyed', async () => {
    const one = await onPodman(whole);
    const { stdout: plan } = await one.must(['plan', 'SPEC']);
    expect(plan).toMatch(/podman 4\.\d+ \(local\)/);
    expect(plan).toMatch(/podman does not isolate the workers of its host/);
    await one.apply();

    const { addresses, port } = await accessOf(one);
    const answer = await fetch(`http://${addresses[0]}:${port}/`);
    expect(await answer.text()).toBe('hello\n');
    // Names resolve, the namespace and the volume are shared.
    const said = await one.must(['exec', 'NAME', 'build', '--', 'sh', '-c', 'wget -q -O- http://web:5432; echo kept > /work/file']);
    expect(said.stdout).toBe('web\n');
    expect((await one.must(['exec', 'NAME', 'engine', '--', 'cat', '/media/work/file'])).stdout).toBe('kept\n');
    expect((await one.cli(['exec', 'NAME', 'build', '--', 'sh', '-c', 'exit 37'])).code).toBe(37);

    const planned = async (because: string) => {
      const { code, stdout } = await one.cli(['plan', 'SPEC', '--detailed-exitcode']);
      expect(code, `${because}\n${stdout}`).toBe(0);
    };
    await planned('right after');
    const stranger = await onPodman(whole);
    await stranger.edit({ name: one.name });
    const elsewhere = await stranger.cli(['plan', 'SPEC', '--detailed-exitcode']);
    expect(elsewhere.code, `from a machine without its state\n${elsewhere.stdout}${elsewhere.stderr}`).toBe(0);

    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await left(one)).toEqual([]);
  });

  test('the keeper ends it in time', async () => {
    const one = await onPodman({ ...whole, max_duration: 2 });
    await one.apply();
    await gone(one);
    expect((await one.must(['show', 'NAME'])).stdout).toMatch(/ended at .*: expired/);
  });

  test('it ends with its engine', async () => {
    const one = await onPodman({ ...small, engine: { image: images.busybox, command: ['sh', '-c', 'sleep 3; echo over; exit 4'] } });
    await one.apply();
    await gone(one);
    const { stdout } = await one.must(['show', 'NAME']);
    expect(stdout).toMatch(/engine ended with exit code 4\n {2}engine: exit code 4\n {4}\| over/);
  });

  test('what outgrows its size is found', async () => {
    const one = await onPodman({ ...whole, volumes: [{ name: 'work', storage: 4 }], service_containers: [] });
    await one.apply();
    const backend = openDocker(podmanSocket);
    afterTest(() => backend.close());
    expect(outgrown(await backend.sizes!.used(one.name))).toEqual([]);
    await one.must(['exec', 'NAME', 'build', '--', 'dd', 'if=/dev/zero', 'of=/work/big', 'bs=1M', 'count=5']);
    expect(outgrown(await backend.sizes!.used(one.name))).toEqual([{ worker: one.name, what: 'volume work', usedMB: 5, sizeMB: 4 }]);
    await one.must(['exec', 'NAME', 'build', '--', 'dd', 'if=/dev/zero', 'of=/big', 'bs=1M', 'count=98']);
    const found = outgrown(await backend.sizes!.used(one.name)).map(({ what, usedMB, sizeMB }) => `${what} ${usedMB} of ${sizeMB}`);
    expect(found).toEqual(['volume work 5 of 4', expect.stringMatching(/^container build 10[34] of 100$/)]);
  });

  test('a volume in memory is refused, and says what to do', async () => {
    const one = await onPodman({ ...small, volumes: [{ name: 'fast', storage: 8, medium: 'memory' }] });
    const { code, stderr } = await one.cli(['plan', 'SPEC']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/podman cannot limit the size of a volume in memory: use medium: disk for fast/);
  });

  test('memory is not changed in place: an error says what to do', async () => {
    const one = await onPodman(small);
    await one.apply();
    await one.edit({ memory: 64 });
    const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/podman does not change the memory of a container in place[\s\S]*destroy/);
  });
});
