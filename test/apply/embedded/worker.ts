import { readFile } from 'node:fs/promises';
import { embeddedApplier } from '../../../src/apply/embedded/index.js';
import type { ApplyContext, Planning } from '../../../src/apply/applier.js';
import type { Backend } from '../../../src/backends/ports/backend.js';
import type { MayflyEvent } from '../../../src/events.js';
import { labelKeys } from '../../../src/labels.js';
import { buildGraph } from '../../../src/plan/graph.js';
import type { Plan } from '../../../src/plan/plan.js';
import type { Stack, Variables } from '../../../src/plan/stack.js';
import type { State } from '../../../src/state/records.js';
import { WorkerDirectory } from '../../../src/state/worker-directory.js';
import { memoryBackend } from '../../memory/backend.js';
import { Connection } from '../../memory/connection.js';
import { Hand } from '../../memory/hand.js';
import { MemoryNode } from '../../memory/node.js';
import { manualClock } from '../../support/manual-clock.js';
import { tempDir } from '../../support/temp-dir.js';

export const [engine, build, work] = ['memory_container.engine', 'memory_container.build', 'memory_volume.work'];

const labels = (address: string) => ({ [labelKeys.worker]: 'w', [labelKeys.lifetime]: '600', [labelKeys.address]: address });

interface Edits {
  engine?: Record<string, unknown>;
  build?: Record<string, unknown> | null;
}

/** An engine with a secret in its environment, a container that joins it, and a volume that both mount. `build: null` takes that one out. */
export function stackOf(edits: Edits = {}): Stack {
  const common = { worker: 'w', command: ['idle'], lifecycle: { ignore_changes: ['labels'] } };
  const mounts = { '/work': '${memory_volume.work.id}' };
  const joined = { ...common, name: 'build', joins: '${memory_container.engine.id}', mounts, labels: labels(build), ...edits.build };
  return {
    terraform: { required_providers: {}, backend: {} },
    provider: {},
    variable: { key: { type: 'string', sensitive: true } },
    resource: {
      memory_volume: { work: { worker: 'w', name: 'work', labels: labels(work), lifecycle: { ignore_changes: ['labels'] } } },
      memory_container: {
        engine: { ...common, name: 'engine', env: { KEY: '${var.key}' }, mounts, labels: labels(engine), ...edits.engine },
        ...(edits.build !== null && { build: joined }),
      },
    },
    output: { key: { value: '${var.key}', sensitive: true }, id: { value: '${memory_container.engine.id}' } },
  };
}

/** A worker `w` in memory, planned and applied by the embedded applier alone. */
export async function openWorker() {
  const clock = manualClock();
  const node = new MemoryNode({ clock });
  const connection = new Connection(node, clock);
  const backend: Backend = memoryBackend(connection);
  const directory = new WorkerDirectory(await tempDir('worker'));
  const variables: Variables = { key: 'hush' };
  const events: MayflyEvent[] = [];
  let drawn = 0;
  const newId = () => `id-${(drawn += 1)}`;
  const never = new AbortController().signal;
  const plan = async (stack = stackOf(), more: { ignoreState?: boolean; variables?: Variables } = {}): Promise<Planning> => {
    const common = { worker: 'w', backend, directory, stack, graph: buildGraph(stack), objects: await backend.list('w'), newId };
    return embeddedApplier.plan({ ...common, variables, ignoreState: false, stop: never, abort: never, ...more });
  };
  const contextOf = (state: State, more: Partial<ApplyContext>): ApplyContext => ({
    ...{ backend, directory, state, variables, clock, newId, parallelism: 5, stop: never, abort: never },
    pullSecret: () => null,
    emit: (event) => void events.push(event),
    ...more,
  });
  return {
    ...{ clock, node, hand: new Hand(node), faults: connection.faults, backend, directory, events, plan, contextOf },
    /** Plans, then applies. */
    async apply(stack = stackOf(), more: Partial<ApplyContext> = {}): Promise<State> {
      const { changes, state } = await plan(stack);
      return embeddedApplier.apply({ worker: 'w', stack, changes } as unknown as Plan, contextOf(state, more));
    },
    /** The actions of a plan, with the paths of attributes that differ. */
    async changes(stack = stackOf()): Promise<string[]> {
      const { changes } = await plan(stack);
      return changes
        .filter(({ action }) => action !== 'none')
        .map(({ address, action, attributes }) => [action, address, ...attributes.map(({ path }) => path)].join(' '));
    },
    async drift(stack = stackOf()): Promise<string[]> {
      return (await plan(stack)).drift.map(({ kind, address, attributes }) =>
        [kind, address, ...attributes.map(({ path }) => path)].join(' '),
      );
    },
    /** Addresses in the state on disk; tainted ones are marked. */
    async onDisk(): Promise<string[]> {
      return [...(await directory.readState()).records].map(([address, { tainted }]) => (tainted ? `${address} tainted` : address));
    },
    /** Lines of the journal, `null` where there is none. */
    async journal(): Promise<string[] | null> {
      const text = await readFile(directory.file('journal.jsonl'), 'utf8').catch(() => null);
      if (text === null) return null;
      const entries = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as { phase: string; id: string });
      return entries.map(({ phase, id }) => `${phase} ${id}`);
    },
  };
}
