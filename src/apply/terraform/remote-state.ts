import type { ResourceSchema } from '../../plan/resource-schema.js';
import type { Stack } from '../../plan/stack.js';
import { emptyState, encodeState, type State } from '../../state/records.js';
import { type WorkerDirectory } from '../../state/worker-directory.js';
import type { Cli, Run } from './cli.js';
import { failed } from './diagnostics.js';
import { init, type ReadyOptions } from './ready-directory.js';
import { inScratch } from './scratch.js';
import { configFor, type StateBackend, withStateBackend } from './state-backend.js';

const configName = 'backend.tfbackend.json';
const stateName = 'remote.tfstate';

export interface RemoteOptions extends ReadyOptions {
  stateBackend: StateBackend;
  /** The mayfly backend's name. */
  backend: string;
}

/** What is remembered elsewhere. `foreign`: under names of providers that the CLI at hand does not know. */
export interface Remembered {
  state: State;
  foreign: boolean;
}

/** Makes a directory's `.terraform` lead to the worker's state; the configuration lies beside it only as long as it takes. */
export async function connect(directory: WorkerDirectory, options: RemoteOptions): Promise<void> {
  const { stateBackend, backend, worker } = options;
  await directory.writeFile(configName, JSON.stringify(configFor(stateBackend, backend, worker)));
  try {
    await init(directory.path, options, [configName]);
  } finally {
    await directory.removeFile(configName);
  }
}

/** The worker's state as it is there now. Changes nothing. */
export function pullState(options: RemoteOptions): Promise<Remembered> {
  return connected(options, async (scratch, run) => {
    const { cli, worker } = options;
    const { code, stdout, stderr } = await cli.run(['state', 'pull'], run);
    if (code !== 0) throw failed(`${cli.product} state pull`, worker, { diagnostics: [], text: stderr || stdout });
    await scratch.writeFile(scratch.names.state, stdout);
    return { state: await scratch.readState(), foreign: cli.product === 'terraform' && stdout.includes('registry.opentofu.org') };
  });
}

/** Writes what the next command goes on from. */
export async function pushState(
  directory: WorkerDirectory,
  { cli, run, worker }: RemoteOptions,
  state: State & { lineage: string },
  schemas: (type: string) => ResourceSchema,
): Promise<void> {
  await directory.writeFile(stateName, JSON.stringify(encodeState(state, schemas)));
  try {
    await push(cli, worker, { ...run, cwd: directory.path });
  } finally {
    await directory.removeFile(stateName);
  }
}

/** An ended worker's state is emptied: it would name what is gone, and it holds its keys. */
export function emptyRemoteState(options: RemoteOptions, schemas: (type: string) => ResourceSchema): Promise<void> {
  return connected(options, async (scratch, run) => {
    const { cli, worker } = options;
    const { stdout } = await cli.run(['state', 'pull'], run);
    if (stdout.trim() === '') return;
    await scratch.writeFile(scratch.names.state, stdout);
    const { lineage, serial, records, outputs } = await scratch.readState();
    if (lineage === null || (records.size === 0 && Object.keys(outputs).length === 0)) return;
    await scratch.writeFile(stateName, JSON.stringify(encodeState({ ...emptyState(), lineage, serial: serial + 1 }, schemas)));
    await push(cli, worker, run);
  });
}

async function push(cli: Cli, worker: string, run: Run): Promise<void> {
  const { code, stdout, stderr } = await cli.run(['state', 'push', stateName], run);
  if (code !== 0) throw failed(`${cli.product} state push`, worker, { diagnostics: [], text: stderr || stdout });
}

/** Works in a directory that has nothing but the connection: no provider is needed for a state alone. */
function connected<T>(options: RemoteOptions, work: (scratch: WorkerDirectory, run: Run) => Promise<T>): Promise<T> {
  return inScratch(async (scratch) => {
    await scratch.writeStack(withStateBackend({ terraform: {} } as unknown as Stack, options.stateBackend));
    await connect(scratch, options);
    return work(scratch, { ...options.run, cwd: scratch.path });
  });
}
