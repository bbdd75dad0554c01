import type { ContainerReport } from '../backends/ports/ending.js';
import type { Used } from '../backends/ports/sizes.js';
import type { ContainerState } from '../backends/ports/container-state.js';
import { type ArmedLayer, describeEnd } from '../events.js';
import { MayflyError } from '../errors.js';
import { doesNotAnswer } from '../keeper/armed.js';
import { layersOf } from '../lease/armed-layers.js';
import { publishedPorts } from '../plan/outputs.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';
import { endingsOf } from './endings.js';
import { exitCodeOf } from './exit-code.js';
import type { Call } from './call.js';
import { locate, unknownWorker } from './locate.js';
import { summarise, type WorkerSummary } from './list.js';
import { nodeNow } from '../lease/node-now.js';

/** A container's state, with its last lines. */
export interface ShownContainer extends ContainerState {
  outOfMemory: boolean;
  lastLines: string[];
}

export interface Ended extends HistoryEntry {
  /** The reason for people. */
  why: string;
  /** The exit code of `wait`. */
  exitCode: number;
}

export interface ShowOptions {
  backend?: BackendName;
  /** Measures the disk that it uses. The node reads the worker's files for that. */
  sizes?: boolean;
}

export interface Shown {
  /** `null` when it has ended. */
  worker: WorkerSummary | null;
  /** The engine first. A missing container has no lines. */
  containers: ShownContainer[];
  /** The layers that end the worker, each with its latest time. Empty once that time has passed: no layer can keep it then. */
  armed: ArmedLayer[];
  /** Addresses of the published ports (`host:port`) by name, from the state of this machine. */
  ports: Record<string, string>;
  /** Now, by the backend's clock, in milliseconds since the epoch: to compare with the worker's end. */
  now: number;
  /** The disk that each part uses; `null`: not measured. */
  sizes: Used[] | null;
  /** Records of how earlier workers of this name ended, newest first, for 7 days. */
  history: Ended[];
}

/** @throws MayflyError `worker_unknown` where no backend has the worker and the history has no record of it */
export async function showWorker(call: Call, name: string, { backend: only, sizes = false }: ShowOptions = {}): Promise<Shown> {
  const { backend, asked } = await locate(call, name, only);
  const entries = await endingsOf(call, name, backend ? [backend] : asked);
  const history = entries.map((entry) => ({ ...entry, why: describeEnd(entry), exitCode: exitCodeOf(entry) }));
  if (!backend) {
    if (history.length === 0) throw unknownWorker(name);
    return { worker: null, containers: [], armed: [], ports: {}, now: call.clock.now(), sizes: null, history };
  }
  const objects = await backend.list(name);
  const now = await nodeNow(backend, call.clock);
  const worker = summarise(name, backend.name, backend.endpoint, objects, now);
  const [keeper, resident] = await Promise.all([call.keeper.status(), backend.residents?.find() ?? null]);
  if (keeper.kind === 'mute') {
    const { cause, remedy } = doesNotAnswer(keeper.pid);
    call.emit({ type: 'warning', message: `${cause}: ${remedy}` });
  }
  const pid = keeper.kind === 'alive' ? keeper.pid : null;
  const { scheduler } = backend;
  const scheduled = worker.objects.some(({ type }) => type === scheduler?.type) ? scheduler?.name : undefined;
  const armed = worker.ends.endsAt > now ? layersOf(pid, resident, scheduled, worker.ends.endsAt) : [];
  const [reports, used] = await Promise.all([backend.report(name), sizes ? (backend.sizes?.used(name, call.stop) ?? null) : null]);
  return {
    worker,
    containers: worker.containers.map((one) => withReport(one, reports)),
    armed,
    ports: await portsOf(call, backend.name, name),
    now,
    sizes: used,
    history,
  };
}

/** An unreadable state is a warning: the rest of the worker is shown. */
async function portsOf(call: Call, backend: BackendName, worker: string): Promise<Record<string, string>> {
  try {
    return publishedPorts((await call.layout.worker(backend, worker).readState()).outputs);
  } catch (error) {
    if (!(error instanceof MayflyError)) throw error;
    call.emit({ type: 'warning', message: `the addresses of its ports are unknown: ${error.message}` });
    return {};
  }
}

function withReport(state: ContainerState, reports: readonly ContainerReport[]): ShownContainer {
  const { outOfMemory = false, lastLines = [] } = reports.find(({ container }) => container === state.container) ?? {};
  return { ...state, outOfMemory, lastLines };
}
