import { describe, expect, test } from 'vitest';
import { dockerAvailable, images, must } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { container, type Inspect, inspectOf, noChanges, planOf, small, type SpecFile, wait, type Worker, worker } from './support.js';

const MiB = 2 ** 20;
const spec: SpecFile & { containers: SpecFile[] } = {
  ...small,
  containers: [container('build', { command: wait(), env: { KEY: 'value' } })],
};

async function applied(): Promise<Worker> {
  const one = await worker(spec);
  await one.apply();
  return one;
}

/** What somebody does behind mayfly's back to the container `build`, and what the plan makes of it. */
const byHand: Record<string, { act(id: string, inspect: Inspect): Promise<unknown>; drift: string; change: string; attributes: string[] }> =
  {
    'a container removed': {
      act: (id) => must('DELETE', `/containers/${id}?force=1`),
      drift: 'gone docker_container.build',
      change: 'create docker_container.build',
      attributes: [],
    },
    'a container stopped': {
      act: (id) => must('POST', `/containers/${id}/stop?t=5`),
      drift: 'changed docker_container.build',
      change: 'update docker_container.build',
      attributes: ['must_run'],
    },
    'its memory altered': {
      act: (id) => must('POST', `/containers/${id}/update`, { Memory: 24 * MiB, MemorySwap: 24 * MiB }),
      drift: 'changed docker_container.build',
      change: 'update docker_container.build',
      attributes: ['memory', 'memory_swap'],
    },
    'a limit set that the daemon takes away from no living container': {
      act: (id) => must('POST', `/containers/${id}/update`, { CpuShares: 512 }),
      drift: 'changed docker_container.build',
      change: 'replace docker_container.build',
      attributes: ['cpu_shares'],
    },
    'its image swapped': {
      async act(id, { Config, HostConfig }) {
        await must('DELETE', `/containers/${id}?force=1`);
        const body = { ...Config, Hostname: '', Image: images.postgres, Entrypoint: [], HostConfig };
        const name = `mayfly-${Config.Labels['dev.mayfly.worker']}.build`;
        const { Id } = await must<{ Id: string }>('POST', `/containers/create?name=${name}`, body);
        await must('POST', `/containers/${Id}/start`);
      },
      drift: 'changed docker_container.build',
      change: 'replace docker_container.build',
      attributes: expect.arrayContaining(['image']) as string[],
    },
  };

describe.skipIf(!dockerAvailable())('changes of a living worker', () => {
  test('a second apply changes nothing', async () => {
    const one = await applied();
    const before = [await inspectOf(one.name, 'engine'), await inspectOf(one.name, 'build')];
    expect(await planOf(one)).toEqual(noChanges);
    const { stderr } = await one.apply();
    expect(stderr).toContain('No changes.');
    expect([await inspectOf(one.name, 'engine'), await inspectOf(one.name, 'build')]).toEqual(before);
  });

  test('one memory value changed is exactly one update in place', async () => {
    const one = await applied();
    const before = await inspectOf(one.name, 'build');
    await one.edit({ containers: [{ ...spec.containers[0], memory: 20 }] });
    const plan = await planOf(one);
    expect(plan).toEqual({
      code: 2,
      drift: [],
      changes: ['update docker_container.build'],
      attributes: { 'docker_container.build': ['memory', 'memory_swap'] },
    });
    await one.apply();
    const after = await inspectOf(one.name, 'build');
    expect({ id: after.Id, pid: after.State.Pid, memory: after.HostConfig.Memory }).toEqual({
      id: before.Id,
      pid: before.State.Pid,
      memory: 20 * MiB,
    });
    expect(await planOf(one)).toEqual(noChanges);
  });

  test.for(Object.entries(byHand))('by hand: %s', async ([, { act, drift, change, attributes }]) => {
    const one = await applied();
    const before = await inspectOf(one.name, 'build');
    await act(before.Id, before);
    const plan = await planOf(one);
    expect(plan).toMatchObject({ code: 2, drift: [drift], changes: [change] });
    expect(plan.attributes['docker_container.build']).toEqual(attributes);
    const { stdout } = await one.must(['plan', 'SPEC']);
    expect(stdout).toMatch(/Changed outside mayfly:\n +docker_container\.build/);
    await one.apply();
    const after = await inspectOf(one.name, 'build');
    expect(after.State.Running).toBe(true);
    expect(after.HostConfig).toEqual(before.HostConfig);
    expect(after.Config.Image).toBe(images.busybox);
    expect(await planOf(one)).toEqual(noChanges);
  });
});

/** On a daemon of their own: while an engine is away, the keeper of another test's machine would end the worker. */
describe('changes that replace the engine', () => {
  const onFake = async () => {
    const { host, socketPath } = await startFakeDocker({ images: [images.busybox] });
    const one = await worker(spec, { env: { DOCKER_HOST: host } });
    await one.apply();
    return { one, socketPath };
  };

  test('an engine whose environment changes takes all that joined it along', async () => {
    const { one, socketPath } = await onFake();
    await one.edit({ engine: { ...(spec['engine'] as object), env: { NEW: '1' } } });
    expect(await planOf(one)).toMatchObject({
      changes: expect.arrayContaining(['replace docker_container.engine', 'replace docker_container.build']) as string[],
      attributes: { 'docker_container.engine': ['env'], 'docker_container.build': ['network_mode'] },
    });
    await one.apply();
    const engine = await inspectOf(one.name, 'engine', socketPath);
    expect((await inspectOf(one.name, 'build', socketPath)).HostConfig.NetworkMode).toBe(`container:${engine.Id}`);
    expect(await planOf(one)).toEqual(noChanges);
  });

  test('a container taken out of the spec is deleted, one put in is made, the engine learns their names', async () => {
    const { one, socketPath } = await onFake();
    await one.edit({ containers: [container('other', { command: wait() })] });
    const { changes } = await planOf(one);
    expect(changes.sort()).toEqual(['create docker_container.other', 'delete docker_container.build', 'replace docker_container.engine']);
    await one.apply();
    expect((await inspectOf(one.name, 'engine', socketPath)).HostConfig['ExtraHosts']).toEqual(['other:127.0.0.1']);
    expect(await planOf(one)).toEqual(noChanges);
  });
});
