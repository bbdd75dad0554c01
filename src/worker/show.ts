import type { ContainerReport } from '../backends/backend.js';
import type { ArmedLayer } from '../events.js';
import { layersOf } from '../lease/keeper-client.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';
import { type House, locate, unknownWorker } from './house.js';
import { summarise, type WorkerSummary } from './list.js';

export interface Shown {
  /** `null` when it has ended. */
  worker: WorkerSummary | null;
  containers: ContainerReport[];
  /** What ends it, and by when at the latest; what cannot end it isn't listed. */
  armed: ArmedLayer[];
  /** How earlier lives of this name ended, newest first, for 7 days. */
  history: HistoryEntry[];
}

/** @throws MayflyError `worker_unknown` when neither a backend nor the history knows the name. */
export async function showWorker(house: House, name: string, only?: BackendName): Promise<Shown> {
  const backend = await locate(house, name, only);
  const history = await house.layout.history.of(name);
  if (!backend) {
    if (history.length === 0) throw unknownWorker(name);
    return { worker: null, containers: [], armed: [], history };
  }
  const now = house.clock.now() + (await backend.clockSkew());
  const worker = summarise(name, backend.name, backend.endpoint, await backend.list(name), now);
  const [pid, resident] = await Promise.all([house.keeper.pid(), backend.residentKeeper?.() ?? null]);
  const { scheduler } = backend;
  const scheduled = worker.objects.some(({ type }) => type === scheduler?.type) ? scheduler?.name : undefined;
  const armed = layersOf(pid, resident, scheduled, worker.ends.endsAt);
  return { worker, containers: await backend.report(name), armed, history };
}
