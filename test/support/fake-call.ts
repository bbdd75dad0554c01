import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeRuntime } from '../../src/runtime/compose.js';
import { type Clock, systemClock } from '../../src/clock.js';
import type { MayflyEvent } from '../../src/events.js';
import type { Armed } from '../../src/keeper/armed.js';
import { loadSpec } from '../../src/spec/load.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { StateLayout } from '../../src/state/layout.js';
import { beginCall, type Call } from '../../src/worker/call.js';
import { defaultSettings } from '../../src/worker/settings.js';
import { images } from './docker.js';
import { type FakeDocker, startFakeDocker } from './fake-docker/index.js';
import { afterTest, tempDir, uniqueName } from './temp-dir.js';

/** A call of one state directory on a fake daemon, in this process. Nobody ends anything by itself. */
export interface FakeCall extends Call {
  fake: FakeDocker;
  spec: WorkerSpec;
  events: MayflyEvent[];
  /** All warnings so far. */
  warnings(): string[];
  /** The same call with a clock that is ahead by so many seconds. */
  later(seconds: number): Call;
}

const armed: Pick<Armed, 'lost' | 'pid' | 'confirm' | 'release'> = {
  lost: new AbortController().signal,
  pid: () => Promise.resolve(1),
  confirm: () => Promise.resolve(1),
  release: () => {},
};
/** Nobody ends anything by itself. */
export const noKeeper = { wake: () => Promise.resolve(), arm: () => Promise.resolve(armed) } as unknown as Call['keeper'];

export interface FakeCallOptions {
  /** Default: a new one. */
  fake?: FakeDocker;
  name?: string;
  stateDir?: string;
  /** On top of a worker of an engine and an executor. */
  spec?: Record<string, unknown>;
}

const size = { cpu: 50, memory: 16, storage: 100 };

export async function fakeCall(options: FakeCallOptions = {}): Promise<FakeCall> {
  const fake = options.fake ?? (await startFakeDocker({ images: [images.busybox] }));
  const folder = await tempDir('fake-call');
  const env = { HOME: folder, DOCKER_HOST: fake.host, XDG_RUNTIME_DIR: folder };
  const name = options.name ?? uniqueName('f');
  const content = {
    ...{ name, backend: 'docker', max_duration: 300, create_timeout: 60, ...size },
    engine: { image: images.busybox, command: ['sleep', '1000'] },
    containers: [{ name: 'build', image: images.busybox, ...size }],
    ...options.spec,
  };
  const path = join(folder, 'worker.yaml');
  await writeFile(path, JSON.stringify(content));
  const { spec } = await loadSpec(path, { env, cwd: folder });
  const events: MayflyEvent[] = [];
  const stateDir = options.stateDir ?? join(folder, 'state');
  const emit = (event: MayflyEvent) => void events.push(event);
  const composed = composeRuntime({ env, stateDir, settings: defaultSettings });
  afterTest(() => composed.close());
  const call = { ...beginCall(composed, { emit }), keeper: noKeeper };
  return {
    ...call,
    ...{ fake, spec, events },
    warnings: () => events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
    later(seconds) {
      const clock: Clock = { ...systemClock, now: () => systemClock.now() + seconds * 1000 };
      return { ...call, clock, layout: new StateLayout(stateDir, clock) };
    },
  };
}
