import { relative } from 'node:path';
import type { ResourceSchema } from '../../plan/resource-schema.js';
import type { Stack } from '../../plan/stack.js';
import { emptyState, encodeState, type State } from '../../state/records.js';
import type { Scratch } from '../../state/scratch.js';
import type { WorkerDirectory } from '../../state/worker-directory.js';
import type { Run } from './cli.js';
import { must } from './command.js';
import { init, type ReadyOptions } from './ready-directory.js';
import { configFor, type StateBackend, withStateBackend } from './state-backend.js';

const configName = 'backend.tfbackend.json';
const stateName = 'remote.tfstate';

export interface RemoteOptions extends ReadyOptions {
  stateBackend: StateBackend;
  /** The mayfly backend's name. */
  backend: string;
  scratch: Scratch;
}

/** A remote state. `foreign`: it holds provider names of the other CLI, which the current one does not accept. */
export interface Remembered {
  state: State;
  foreign: boolean;
}

/** Connects a directory to the worker's remote state by `init`. The configuration is in the scratch directory. */
export async function connect(directory: WorkerDirectory, scratch: WorkerDirectory, options: RemoteOptions): Promise<void> {
  const { stateBackend, backend, worker } = options;
  await scratch.writeFile(configName, JSON.stringify(configFor(stateBackend, backend, worker)));
  // A relative path: the CLI would read an absolute path with a `=` in it as a key and its value.
  await init(directory.path, options, [relative(directory.path, scratch.file(configName))]);
}

/** The worker's current remote state. Changes nothing. */
export function pullState(options: RemoteOptions): Promise<Remembered> {
  return connected(options, (scratch, run) => pull(scratch, { ...options, run }));
}

/** Writes the remote state, in a connected directory. */
export async function pushState(
  directory: WorkerDirectory,
  scratch: WorkerDirectory,
  options: RemoteOptions,
  state: State & { lineage: string },
  schemas: (type: string) => ResourceSchema,
): Promise<void> {
  await push(scratch, state, schemas, { ...options, run: { ...options.run, cwd: directory.path } });
}

/** Empties the state of an ended worker, because it names removed objects and holds keys. */
export function emptyRemoteState(options: RemoteOptions): Promise<void> {
  return connected(options, async (scratch, run) => {
    const { lineage, serial, records, outputs } = (await pull(scratch, { ...options, run })).state;
    if (lineage === null || (records.size === 0 && Object.keys(outputs).length === 0)) return;
    await push(scratch, { ...emptyState(), lineage, serial: serial + 1 }, ofNothing, { ...options, run });
  });
}

type Connected = Omit<RemoteOptions, 'run'> & { run: Run };

async function pull(scratch: WorkerDirectory, options: Connected): Promise<Remembered> {
  const { stdout } = await must(['state', 'pull'], options);
  await scratch.writeFile(scratch.names.state, stdout);
  return {
    state: await scratch.readState(),
    foreign: options.cli.product === 'terraform' && stdout.includes('registry.opentofu.org'),
  };
}

async function push(
  scratch: WorkerDirectory,
  state: State & { lineage: string },
  schemas: (type: string) => ResourceSchema,
  options: Connected,
): Promise<void> {
  await scratch.writeFile(stateName, JSON.stringify(encodeState(state, schemas)));
  await must(['state', 'push', scratch.file(stateName)], options);
}

/** Runs work in a temporary directory with only the connection: a state alone needs no provider. */
function connected<T>(options: RemoteOptions, work: (scratch: WorkerDirectory, run: Run) => Promise<T>): Promise<T> {
  return options.scratch.within(async (scratch) => {
    await scratch.writeStack(withStateBackend({ terraform: {} } as unknown as Stack, options.stateBackend));
    await connect(scratch, scratch, options);
    return work(scratch, { ...options.run, cwd: scratch.path });
  });
}

function ofNothing(type: string): ResourceSchema {
  throw new Error(`an empty state has no ${type}`);
}
