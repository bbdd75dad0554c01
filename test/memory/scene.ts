import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedApplier } from '../../src/apply/embedded/index.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Clock } from '../../src/clock.js';
import type { MayflyEvent } from '../../src/events.js';
import type { Stack } from '../../src/plan/stack.js';
import { parseSpec } from '../../src/spec/parse.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { openNodes } from '../../src/runtime/nodes.js';
// Loaded late by the history; here at once, since a clock of the tests does not wait for a module.
import '../../src/state/history-entry.js';
import { StateLayout } from '../../src/state/layout.js';
import { beginCall, type Call } from '../../src/worker/call.js';
import type { Runtime } from '../../src/worker/runtime.js';
import { defaultSettings, type Settings } from '../../src/worker/settings.js';
import type { StackInput } from '../../stacks/common.js';
import { type StackClass, synthesizeAs } from '../../stacks/synthesize.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';
import { memoryBackend } from './backend.js';
import { memoryEntry } from './entry.js';
import { Connection } from './connection.js';
import type { Faults } from './faults.js';
import { Hand } from './hand.js';
import { KeeperStub } from './keeper-stub.js';
import { MemoryNode } from './node.js';
import type { Programs } from './programs.js';

export const nodeName = 'memory';

/** One process of mayfly: its own connection with its own faults, and the use cases' way to everything. */
export interface Client extends Call {
  backend: Backend;
  faults: Faults;
  keeperStub: KeeperStub;
  events: MayflyEvent[];
  warnings(): string[];
  /** The first Ctrl-C. */
  interrupt(): void;
  /** Nobody wants the result any more. */
  cancel(): void;
}

export interface Scene {
  clock: Clock;
  node: MemoryNode;
  /** Further nodes, by their names. */
  others: ReadonlyMap<string, MemoryNode>;
  hand: Hand;
  /** The state directory of this machine. */
  layout: StateLayout;
  /** Another process on this machine; `layout`: of another machine. */
  client(options?: { layout?: StateLayout; clock?: Clock; settings?: Partial<Settings> }): Client;
  /** A machine with a state directory of its own. */
  elsewhere(): Promise<StateLayout>;
}

export interface SceneOptions {
  clock?: Clock;
  programs?: Programs;
  /** Names of further nodes, such as `memory@two`. Nobody watches them. */
  others?: readonly string[];
}

export async function openScene({ clock = manualClock(), programs, others: names = [] }: SceneOptions = {}): Promise<Scene> {
  const node = new MemoryNode({ clock, ...(programs && { programs }) });
  const others = new Map(names.map((name) => [name, new MemoryNode({ clock })]));
  const elsewhere = async () => new StateLayout(await tempDir('memory'), clock);
  const layout = await elsewhere();
  let drawn = 0;
  const newId = () => `00000000-0000-4000-8000-${String((drawn += 1)).padStart(12, '0')}`;
  return {
    ...{ clock, node, others, hand: new Hand(node), layout, elsewhere },
    client({ layout: own = layout, clock: ownClock = clock, settings = {} } = {}) {
      const connection = new Connection(node, ownClock);
      const processClock = connection.faults.mortalClock;
      const backend = memoryBackend(connection, nodeName);
      const other = (name: string) => memoryBackend(new Connection(others.get(name)!, ownClock), name);
      const nodes = openNodes({
        entries: [memoryEntry(({ node: name }) => (name === nodeName ? backend : other(name)))],
        nodes: [nodeName, ...names].map((name) => ({ name, settings: {} })),
        env: {},
        clock: processClock,
      });
      const events: MayflyEvent[] = [];
      const [stop, cancelled, keeperStub] = [new AbortController(), new AbortController(), new KeeperStub()];
      const all = { ...defaultSettings, ...settings };
      const runtime: Runtime = {
        ...{ clock: processClock, newId, layout: own, settings: all, env: {}, nodes, openNode: nodes.open, keeper: keeperStub },
        openApplier: () => Promise.resolve(embeddedApplier),
        synthesize: async ({ spec, offer }) =>
          stackOf(await nodes.entry(offer.backend).loadStack(), { spec, offer, longest: all.maxLifetime }),
      };
      const emit = (event: MayflyEvent) => void events.push(event);
      return {
        ...beginCall(runtime, { emit, stop: stop.signal, cancelled: cancelled.signal }),
        ...{ backend, faults: connection.faults, keeperStub, events },
        warnings: () => events.flatMap((event) => (event.type === 'warning' ? [event.message] : [])),
        interrupt: () => stop.abort(),
        cancel: () => cancelled.abort(),
      };
    },
  };
}

const stacks = new Map<string, Stack>();

/** The same input gives the same stack, so one is made once. */
function stackOf(Stack: StackClass, input: StackInput): Stack {
  const key = JSON.stringify(input);
  const stack = stacks.get(key) ?? (synthesizeAs(Stack, input) as unknown as Stack);
  stacks.set(key, stack);
  return structuredClone(stack);
}

const size = { cpu: 50, memory: 16, storage: 100 };

/** An engine without a port, an executor `build`, a service `db` with a healthcheck, and a volume `work`. A minute to get ready, 5 to live. */
export function specOf(more: Record<string, unknown> = {}): WorkerSpec {
  const content = {
    ...{ name: 'one', max_duration: 300, create_timeout: 60, ...size },
    engine: { command: ['serve'] },
    volumes: [{ name: 'work', storage: 10 }],
    containers: [{ name: 'build', ...size, command: ['idle'], mounts: [{ name: 'work', mount_point: '/work' }] }],
    service_containers: [{ name: 'db', ...size, command: ['serve'], healthcheck: { command: ['CMD', 'true'] } }],
    ...more,
  };
  return parseSpec(JSON.stringify(content), { file: 'one.json', env: {}, directory: '/' }).spec;
}

/** An engine and nothing else. */
export function smallSpec(more: Record<string, unknown> = {}): WorkerSpec {
  return specOf({ volumes: [], containers: [], service_containers: [], ...more });
}

/** What is there of a worker, by name and how it does: `engine running`, `lease-1 present`. */
export function thingsOf(node: MemoryNode, worker = 'one'): string[] {
  return node
    .of(worker)
    .map(({ name, run }) => `${name.slice(worker.length + 1)} ${run?.status ?? 'present'}`)
    .sort();
}

/** A pid that no process has: above the highest that Linux gives. */
const nobodysPid = 2 ** 22 + 1;

/** A process of this machine has died: the locks that it held are those of a dead process. `spared`: an operation of another process. */
export function bury({ root }: StateLayout, spared?: string): void {
  const directory = join(root, 'locks');
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    const path = join(directory, name);
    const owner = JSON.parse(readFileSync(path, 'utf8')) as { operation: string; process: { pid: number } };
    if (owner.operation === spared) continue;
    writeFileSync(path, JSON.stringify({ ...owner, process: { ...owner.process, pid: nobodysPid } }));
  }
}
