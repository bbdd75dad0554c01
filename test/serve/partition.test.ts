import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cuttable } from '../support/cuttable.js';
import { dockerAvailable, dockerSocket, images } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { buildKeeperImage, keeperImage } from '../support/keeper-image.js';
import { startOwnDocker } from '../support/own-docker.js';
import { until } from '../support/poll.js';
import { mustRunCli } from '../support/run-cli.js';
import { afterTest } from '../support/temp-dir.js';
import { containersOf, leftOf, overseen, server } from './service.js';

/** Seconds: a fence 8 s after the placement, and a margin in which the keeper on the far node has ended the worker. */
const [createTimeout, lives, margin] = [3, 5, 5];

const spec = {
  ...{ name: 'short', max_duration: lives, create_timeout: createTimeout, cpu: 10, memory: 16, storage: 10 },
  engine: { image: images.busybox, command: ['sh', '-c', "trap 'exit 143' TERM; sleep 100000 & wait"] },
};

/** The far node, and the way to it: calls are seen one by one, and all of it can be cut. */
async function farNode() {
  buildKeeperImage();
  const docker = await startOwnDocker([images.busybox, keeperImage]);
  let onStart = () => {};
  const proxy = await startDockerProxy({
    target: docker.socketPath,
    onCall({ method, path, moment }) {
      if (moment === 'acted' && method === 'POST' && /\/containers\/[^/]+\/start$/.test(path)) onStart();
    },
  });
  afterTest(() => proxy.close());
  const way = await cuttable(proxy.socketPath);
  /** Cuts the way when the daemon has started a container, before its reply. */
  const cutAtStart = () =>
    new Promise<void>((resolve) => {
      onStart = () => {
        onStart = () => {};
        way.cut();
        resolve();
      };
    });
  return { docker, way, cutAtStart };
}

test.skipIf(!dockerAvailable())(
  'a node that is cut off ends its workers by its own keeper, and only then does another node get a second attempt',
  async () => {
    const { docker, way, cutAtStart } = await farNode();
    const { on, start } = await server(`unix://${dockerSocket()}`);
    await mustRunCli(['keeper', 'install', '--docker'], { machine: on, env: { DOCKER_HOST: docker.host } });
    const nodes = [
      { backend: 'docker', name: 'far', endpoint: way.host },
      { backend: 'docker', name: 'docker' },
    ];
    const serve = { nodes, margin: `${margin}s`, min_retry_period: '1s', max_retry_period: '1s', poll_period: '1s' };
    await writeFile(join(on.home, 'mayfly.config.yaml'), JSON.stringify({ serve }));
    const service = await start();
    await service.post('/v1/nodes/docker/cordon');

    const first = await service.submit({ ...spec, max_duration: 2 * lives }, 2, 'first');
    await until('it runs', async () => (await service.run(first.id)).state === 'running', { everyMs: 50 });
    const isCut = cutAtStart();
    const placedAt = Date.now();
    const { id } = await service.submit(spec, 2, 'second');
    const oracles = [first.id, id].map((run) => overseen(run, [undefined, docker.socketPath]));
    await isCut;
    await service.post('/v1/nodes/docker/uncordon');
    const far = async (run: string) => (await containersOf(run, docker.socketPath)).filter(({ running }) => running).length;
    expect([await far(first.id), await far(id)]).toEqual([1, 1]);

    const again = async () => (await containersOf(id)).some(({ running, attempt }) => running && attempt === 2);
    await until('the second attempt runs on the near node', again, { withinMs: 30_000, everyMs: 50 });
    expect(Date.now() - placedAt).toBeGreaterThan((createTimeout + lives + margin) * 1000);
    expect([await far(id), (await service.run(first.id)).attempt]).toEqual([0, 1]);

    way.restore();
    const over = (run: string) => async () => (await service.run(run)).state === 'completed';
    await until('the second attempt is over', over(id), { withinMs: 30_000, everyMs: 100 });
    await until('the other run is over', over(first.id), { withinMs: 30_000, everyMs: 100 });
    expect(await service.run(first.id)).toMatchObject({ reason: 'expired', attempt: 1 });
    expect(await service.run(id)).toMatchObject({ reason: 'expired', attempt: 2 });
    expect((await Promise.all(oracles.map((oracle) => oracle.stop()))).flat()).toEqual([]);
    const left = [first.id, id].flatMap((run) => [leftOf(run), leftOf(run, docker.socketPath)]);
    expect((await Promise.all(left)).flat()).toEqual([]);
    service.cli.child.kill('SIGTERM');
    expect((await service.cli.done).code).toBe(0);
  },
);
