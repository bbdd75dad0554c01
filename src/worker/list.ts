import type { OwnedObject } from '../backends/ports/owned-object.js';
import { type ContainerState, isFaulty } from '../backends/ports/container-state.js';
import { containerStates } from '../backends/ports/containers.js';
import { bornAt, currentLease, type Deadline, deadlineOf, engineOf, groupByWorker, isExpired } from '../lease/deadline.js';
import { type BackendName, engineName } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { reachableBackends, type Unreachable } from './locate.js';

/**
 * `creating` until it has a lease, `ending` once its engine has ended, its time is up, or only remains are left. `degraded`: it has been ready, and a container
 * does not do what its spec asks. Told anew at each look, kept nowhere: it starts and ends nothing.
 */
export type WorkerStatus = 'creating' | 'ready' | 'degraded' | 'ending';

/** A living worker as its labels tell it. Times in milliseconds since the epoch. */
export interface WorkerSummary {
  name: string;
  backend: BackendName;
  endpoint: string;
  status: WorkerStatus;
  createdAt: number;
  ends: Deadline;
  /** The engine first. */
  containers: ContainerState[];
  objects: OwnedObject[];
}

/** All living workers on the backends that answer. */
export async function listWorkers(call: Call, only?: BackendName): Promise<{ workers: WorkerSummary[]; unreachable: Unreachable[] }> {
  const { backends, unreachable } = await reachableBackends(call, only);
  const perBackend = await Promise.all(
    backends.map(async (backend) => {
      const now = call.clock.now() + (await backend.clockSkew());
      const groups = groupByWorker(await backend.list());
      return [...groups].map(([name, objects]) => summarise(name, backend.name, backend.endpoint, objects, now));
    }),
  );
  return { workers: perBackend.flat().sort((a, b) => (a.name < b.name ? -1 : 1)), unreachable };
}

export function summarise(name: string, backend: BackendName, endpoint: string, objects: OwnedObject[], now: number): WorkerSummary {
  const ends = deadlineOf(objects);
  const lease = currentLease(objects);
  const containers = containerStates(objects, lease ? [engineName, ...(lease.terms.containers ?? [])] : []);
  // What an earlier life left beside a stack's own (a task definition that is out of use) is no worker that is being made.
  const isRemains = objects.every(({ address }) => address === '');
  const over = engineOf(objects)?.status === 'exited' || isExpired(objects, now);
  return {
    name,
    backend,
    endpoint,
    status: over || (isRemains && !lease) ? 'ending' : !lease ? 'creating' : containers.some(isFaulty) ? 'degraded' : 'ready',
    createdAt: bornAt(objects),
    ends,
    containers,
    objects,
  };
}
