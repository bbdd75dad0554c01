import type { OwnedObject } from '../backends/backend.js';
import { bornAt, type Deadline, deadlineOf, engineOf, groupByWorker, isExpired } from '../lease/deadline.js';
import type { BackendName } from '../spec/worker-spec.js';
import { type House, reachableBackends, type Unreachable } from './house.js';

export type WorkerStatus = 'creating' | 'ready' | 'ending';

/** A living worker as its labels tell it. Times in milliseconds since the epoch. */
export interface WorkerSummary {
  name: string;
  backend: BackendName;
  endpoint: string;
  /** `creating` until it has a lease, `ending` once its engine has ended or its time is up. */
  status: WorkerStatus;
  createdAt: number;
  ends: Deadline;
  objects: OwnedObject[];
}

/** All living workers on the backends that answer. */
export async function listWorkers(house: House, only?: BackendName): Promise<{ workers: WorkerSummary[]; unreachable: Unreachable[] }> {
  const { backends, unreachable } = await reachableBackends(house, only);
  const perBackend = await Promise.all(
    backends.map(async (backend) => {
      const now = house.clock.now() + (await backend.clockSkew());
      const groups = groupByWorker(await backend.list());
      return [...groups].map(([name, objects]) => summarise(name, backend.name, backend.endpoint, objects, now));
    }),
  );
  return { workers: perBackend.flat().sort((a, b) => (a.name < b.name ? -1 : 1)), unreachable };
}

export function summarise(name: string, backend: BackendName, endpoint: string, objects: OwnedObject[], now: number): WorkerSummary {
  const ends = deadlineOf(objects);
  const over = engineOf(objects)?.status === 'exited' || isExpired(objects, now);
  return {
    name,
    backend,
    endpoint,
    status: over ? 'ending' : ends.from === 'lease' ? 'ready' : 'creating',
    createdAt: bornAt(objects),
    ends,
    objects,
  };
}
