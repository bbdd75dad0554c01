import { describe, expect, test } from 'vitest';
import { outgrown } from '../../src/backends/ports/sizes.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import { watch } from '../../src/lease/watch.js';
import { Troubles } from '../../src/lease/troubles.js';
import { StateLayout } from '../../src/state/layout.js';
import { openDocker } from '../backends/docker/support.js';
import { api, dockerAvailable, images } from '../support/docker.js';
import { startFakeDocker } from '../support/fake-docker/index.js';
import { fasterClock } from '../backends/process/support.js';
import { until } from '../support/poll.js';
import { afterTest } from '../support/temp-dir.js';
import { container, jsonLines, leftOf, type SpecFile, small, wait, type Worker, worker } from './support.js';

const MiB = 2 ** 20;

const spec: SpecFile = {
  ...small,
  max_duration: 36_000,
  storage: 20,
  volumes: [{ name: 'work', storage: 4 }],
  containers: [container('build', { storage: 8, command: wait(), mounts: [{ name: 'work', mount_point: '/work' }] })],
};

interface Shown {
  worker: unknown;
  history: { reason: string; detail?: string }[];
}

/** A keeper of this worker alone, in this process and in a hurry; it keeps history where the worker's own machine does. */
function hurriedKeeper(one: Worker, socketPath?: string, change: (backend: Backend) => Partial<Backend> = () => ({})): { looks: number } {
  // All other workers would look overdue: it must see none.
  const clock = fasterClock(50);
  const open = openDocker(socketPath);
  const backend: Backend = {
    ...open,
    list: () => open.list(one.name),
    // Caches of others would look as if their workers had ended.
    caches: null,
    sizes: { used: (_, signal) => open.sizes!.used(one.name, signal) },
  };
  const stop = new AbortController();
  const seen = { looks: 0 };
  const layout = new StateLayout(one.machine.stateDir, clock);
  const log = { info() {}, warn() {} };
  const over = watch({
    backend: { ...backend, ...change(backend) },
    layout,
    clock,
    log,
    ownKeeperFirst: false,
    signal: stop.signal,
    troubles: new Troubles(log, clock),
    onLook: () => (seen.looks += 1),
    onSilent: () => {},
  });
  afterTest(async () => {
    stop.abort();
    await over;
    open.close();
  });
  return seen;
}

async function ended(one: Worker, env: Record<string, string> = {}): Promise<Shown> {
  return until(
    'the worker has ended',
    async () => {
      const [shown] = jsonLines((await one.cli(['show', 'NAME', '--json'], { env })).stdout) as unknown as Shown[];
      return shown?.worker === null && shown;
    },
    { withinMs: 40_000, everyMs: 200 },
  );
}

describe.skipIf(!dockerAvailable())('a worker that outgrows its storage, on real Docker', () => {
  const fill = (path: string, megabytes: number) => ['dd', 'if=/dev/zero', `of=${path}`, 'bs=1M', `count=${megabytes}`];

  test.each([
    ['a volume', fill('/work/big', 6), /^volume work uses [67] MB of 4 MB$/],
    ['a writable layer', fill('/big', 9), /^container build uses (9|10) MB of 8 MB$/],
  ])('%s: it is ended, and show says why', async (_name, command, detail) => {
    const one = await worker(spec);
    await one.apply();
    const keeper = hurriedKeeper(one);
    await until('it has looked', () => keeper.looks > 3);
    await one.must(['exec', 'NAME', 'build', '--', ...command]);
    const { history } = await ended(one);
    expect(history).toMatchObject([{ reason: 'storage_exceeded', detail: expect.stringMatching(detail) as string }]);
    expect((await one.must(['show', 'NAME'])).stdout).toMatch(/: (volume work|container build) uses \d+ MB of \d MB$/m);
    expect(await leftOf(one.name)).toEqual([]);
  });

  test('one that stays within it lives on', async () => {
    const one = await worker(spec);
    await one.apply();
    const open = openDocker();
    await one.must(['exec', 'NAME', 'build', '--', ...fill('/work/fits', 3)]);
    await one.must(['exec', 'NAME', 'build', '--', ...fill('/fits', 4)]);
    expect(outgrown(await open.sizes!.used(one.name))).toEqual([]);
    open.close();
    expect((await api('GET', `/containers/mayfly-${one.name}.build/json`)).status).toBe(200);
  });
});

describe('the keeper and sizes', () => {
  const onFake = async (more: SpecFile = {}) => {
    const fake = await startFakeDocker({ images: [images.busybox] });
    const one = await worker({ ...spec, ...more });
    const env = { DOCKER_HOST: fake.host };
    const { code, stderr } = await one.cli(['apply', 'SPEC', '--auto-approve'], { env });
    expect(code, stderr).toBe(0);
    return { fake, one, env };
  };

  test('it counts again under the lock: files that are gone by then end nothing', async () => {
    const { fake, one } = await onFake();
    let measured = 0;
    const keeper = hurriedKeeper(one, fake.socketPath, (backend) => ({
      sizes: {
        async used(...args: [worker?: string, signal?: AbortSignal]) {
          measured += 1;
          fake.state.written.set(`mayfly-${one.name}.work`, measured === 1 ? 5 * MiB : MiB);
          return backend.sizes!.used(...args);
        },
      },
    }));
    await until('it has looked under the lock, and on', () => measured >= 3);
    const { looks } = keeper;
    await until('it looks on', () => keeper.looks > looks);
    expect(fake.state.containers.size).toBe(2);
  });

  test('a daemon that counts for ever keeps no deadline waiting', async () => {
    const { fake, one, env } = await onFake({ max_duration: 100 });
    fake.faults.hang(({ path }) => path === '/system/df');
    hurriedKeeper(one, fake.socketPath);
    const { history } = await ended(one, env);
    expect(history).toMatchObject([{ reason: 'expired' }]);
    expect(fake.calls.filter(({ path }) => path === '/system/df')).toHaveLength(1);
  });
});
