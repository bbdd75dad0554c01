import { writeFile } from 'node:fs/promises';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Clock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { type KeeperOptions, runKeeper } from '../../src/keeper/daemon.js';
import type { WatchRequest } from '../../src/keeper/protocol.js';
import type { StateLayout } from '../../src/state/layout.js';
import { type Client, nodeName, openScene, type Scene } from '../memory/scene.js';
import { until } from '../support/poll.js';
import { remember } from '../support/remember.js';
import { type SteppedClock, steppedClock } from '../support/stepped-clock.js';
import { afterTest } from '../support/temp-dir.js';

/** How a keeper is asked to watch the node. */
export const request: WatchRequest = { backend: nodeName, endpoint: 'memory:', env: {} };

export interface KeeperSceneOptions {
  /** Default: one that the test moves. */
  clock?: Clock;
  /** The text of the list of watched backends. */
  list?: string;
  layout?: StateLayout;
  /** Workers that this machine has made. Default: `one`. */
  own?: readonly string[];
  resident?: WatchRequest;
  version?: string;
  openBackend?(request: WatchRequest): Promise<Backend>;
}

export interface KeeperScene extends Omit<Scene, 'client' | 'clock'> {
  clock: SteppedClock;
  backend: Backend;
  faults: Client['faults'];
  layout: StateLayout;
  /** A command's way to the keeper. */
  client: KeeperClient;
  warnings: string[];
  infos: string[];
  /** As SIGTERM does. */
  stop(): void;
  isOver(): boolean;
}

/** A keeper in this process that has started, on a node in memory. What `prepare` does comes before it starts. */
export async function keeperScene(
  options: KeeperSceneOptions = {},
  prepare: (scene: Scene & Pick<Client, 'backend' | 'faults'>) => unknown = () => {},
): Promise<KeeperScene> {
  const clock = (options.clock as SteppedClock | undefined) ?? steppedClock();
  const { client: open, ...scene } = await openScene({ clock });
  const { backend, faults } = open();
  const layout = options.layout ?? scene.layout;
  if (options.list !== undefined) await writeFile(layout.keeperWatch, options.list);
  await Promise.all((options.own ?? ['one']).map((worker) => remember(layout.root, nodeName, worker)));
  await prepare({ ...scene, client: open, backend, faults });
  const stop = new AbortController();
  const [warnings, infos]: [string[], string[]] = [[], []];
  const write = (lines: string[]) => (fields: object, message: string) => {
    lines.push([message, (fields as { cause?: string }).cause].filter(Boolean).join(': '));
  };
  const keeper: KeeperOptions = {
    ...{ version: options.version ?? '0.1.0', layout, clock, log: { info: write(infos), warn: write(warnings) }, signal: stop.signal },
    openBackend: options.openBackend ?? (() => Promise.resolve(backend)),
    requestFor: () => Promise.resolve(request),
    resident: options.resident ?? null,
  };
  let isOver = false;
  const over = runKeeper(keeper).then(() => {
    isOver = true;
  });
  afterTest(async () => {
    stop.abort();
    await over;
  });
  await until('the keeper has started', () => infos.includes('keeper started'));
  const client = new KeeperClient({ layout, clock, env: process.env, version: '0.1.0', command: ['true'] });
  return { ...scene, clock, backend, faults, layout, client, warnings, infos, stop: () => stop.abort(), isOver: () => isOver };
}
