import { expect } from 'vitest';
import type { Attributes } from '../../src/plan/resource-schema.js';
import { quietContext } from '../contract/context.js';
import { openDocker } from '../backends/docker/support.js';
import { wantedOf } from '../backends/docker/subjects.js';
import { container, noChanges, planOf, readJson, small, wait, type Worker, worker } from '../docker/support.js';
import { api, dockerAvailable, images, must, ownedObjects, removeOwned } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { afterTest, uniqueName } from '../support/temp-dir.js';
import { attacks } from './attacks.js';
import { removeWhole } from '../support/whole.js';

const mounts = 'volumes by mounts with labels';

/** A volume and a container that mounts it, as the drivers want them. */
function wanted(backend: ReturnType<typeof openDocker>, name: string, more: Record<string, string> = {}) {
  const volumes = [{ container_path: '/data', volume_name: `mayfly-${name}.work` }];
  const of = (container: string): Attributes =>
    wantedOf(backend, 'docker_container', name, container, { network_mode: 'none', host: [], volumes, ...more });
  return { volume: wantedOf(backend, 'docker_volume', name, 'work', { driver_opts: null }), of };
}

/** A backend that is closed and a worker that is removed after the test. */
function scene(socketPath?: string) {
  const backend = openDocker(socketPath);
  const name = uniqueName('vol');
  afterTest(async () => {
    backend.close();
    await removeOwned(name);
  });
  return { backend, name };
}

/** An image with 1,500 directories at `/data`. Removed after the test. */
async function treeImage(): Promise<string> {
  const command = ['sh', '-c', 'mkdir /data && cd /data && mkdir $(seq 1500)'];
  const { Id } = await must<{ Id: string }>('POST', '/containers/create', { Image: images.busybox, Cmd: command });
  await must('POST', `/containers/${Id}/start`);
  await must('POST', `/containers/${Id}/wait`);
  const image = uniqueName('mayfly-tree');
  await must('POST', `/commit?container=${Id}&repo=${image}&tag=1`);
  await must('DELETE', `/containers/${Id}`);
  afterTest(() => api('DELETE', `/images/${image}:1?force=1`));
  return `${image}:1`;
}

attacks(
  'readiness: volumes on Docker',
  {
    'a fresh volume that three containers fill': {
      mechanism: 'one create at a time for each volume',
      does: 'their image has 1,500 directories at the mount point, and all are made at once',
      right: 'all are made, and the volume holds the whole tree',
      async check() {
        const { backend, name } = scene();
        const { volume, of } = wanted(backend, name, { image: await treeImage() });
        await backend.drivers['docker_volume']!.create('docker_volume.work', volume, quietContext());
        const driver = backend.drivers['docker_container']!;
        const names = ['a', 'b', 'c'];
        const made = await Promise.allSettled(names.map((one) => driver.create(`docker_container.${one}`, of(one), quietContext())));
        expect(made.map((one) => (one.status === 'rejected' ? String(one.reason) : 'made'))).toEqual(['made', 'made', 'made']);
      },
    },
    'a volume that goes while its container is made': {
      mechanism: mounts,
      does: "another's destroy removes it just before the daemon hears of POST /containers/create",
      right: 'the daemon makes it again with our labels: it is listed, and ends with the worker',
      async check() {
        const proxy = await startDockerProxy({
          onCall: ({ moment, path }) =>
            moment === 'before' && path.includes('/containers/create') ? must('DELETE', `/volumes/mayfly-${name}.work`) : undefined,
        });
        afterTest(() => proxy.close());
        const { backend, name } = scene(proxy.socketPath);
        const { volume, of } = wanted(backend, name);
        await backend.drivers['docker_volume']!.create('docker_volume.work', volume, quietContext());
        await backend.drivers['docker_container']!.create('docker_container.engine', of('engine'), quietContext());
        const listed = (await backend.list(name)).find(({ type }) => type === 'docker_volume');
        expect(listed).toMatchObject({ name: `mayfly-${name}.work`, address: 'docker_volume.work' });
        expect(listed?.labels).toEqual({ worker: name, address: 'docker_volume.work', lifetime: 3600 });
        await removeWhole(backend, name);
        expect(await ownedObjects(name)).toEqual([]);
      },
    },
    "an earlier version's container": {
      mechanism: mounts,
      does: 'it has its volume by Binds, and no state knows it',
      right: 'it is adopted without a difference, as one with mounts is',
      async check() {
        const { backend, name } = scene();
        const { volume, of } = wanted(backend, name);
        await backend.drivers['docker_volume']!.create('docker_volume.work', volume, quietContext());
        const driver = backend.drivers['docker_container']!;
        const ours = await driver.create('docker_container.new', of('new'), quietContext());
        const old = await must<{ Id: string }>('POST', `/containers/create?name=mayfly-${name}.old`, {
          Image: images.busybox,
          Labels: Object.fromEntries((of('old')['labels'] as { label: string; value: string }[]).map(({ label, value }) => [label, value])),
          HostConfig: { Binds: [`mayfly-${name}.work:/data:rw`] },
        });
        const adopted = await Promise.all([driver.adopt!(ours.id, of('new')), driver.adopt!(old.Id, of('old'))]);
        const volumes = [
          {
            container_path: '/data',
            from_container: '',
            host_path: '',
            read_only: null,
            selinux_relabel: '',
            volume_name: `mayfly-${name}.work`,
          },
        ];
        expect(adopted.map((one) => one?.attributes['volumes'])).toEqual([volumes, volumes]);
      },
    },
  },
  { unless: !dockerAvailable() },
);

/** Without the keeper, which would end a worker whose engine it finds stopped. */
async function restart(name: string, { machine }: Worker): Promise<void> {
  const { process: keeper } = await readJson<{ process: { pid: number } }>(machine.stateDir, 'keeper.lock');
  process.kill(keeper.pid, 'SIGSTOP');
  try {
    await must('POST', `/containers/${name}/restart?t=1`);
  } finally {
    process.kill(keeper.pid, 'SIGCONT');
  }
}

attacks(
  'readiness: a restarted engine on Docker',
  {
    'docker restart of the engine': {
      mechanism: 'drift compares the namespace that was joined',
      does: 'its containers stay in the network namespace of its former life',
      right: 'the plan replaces them and says why; after apply they reach each other, and nothing is left to change',
      async check() {
        const one = await worker({ ...small, containers: [container('build', { command: wait() })] });
        await one.apply();
        await restart(`mayfly-${one.name}.engine`, one);
        expect(await planOf(one)).toEqual({
          code: 2,
          changes: ['replace docker_container.build'],
          attributes: { 'docker_container.build': ['network_mode'] },
          drift: ['changed docker_container.build'],
        });
        const { stdout } = await one.cli(['plan', 'SPEC']);
        expect(stdout).toMatch(
          /network_mode: dead since the restart of container:[0-9a-f]+… → container:[0-9a-f]+… \(forces a replacement\)/,
        );
        await one.apply();
        expect(await planOf(one)).toEqual(noChanges);
        const listening = ['exec', 'NAME', 'build', '--', 'sh', '-c', 'nc -l -p 7000 -e true & sleep 0.3; echo hi | nc 127.0.0.1 7000'];
        expect((await one.cli(listening)).code).toBe(0);
      },
    },
  },
  { unless: !dockerAvailable() },
);
