import type { OwnedObject } from '../backends/ports/owned-object.js';
import { type ContainerState, isFaulty } from '../backends/ports/container-state.js';
import { containerStates } from '../backends/ports/containers.js';
import { bornAt, currentLease, type Deadline, deadlineOf, dueReason, groupByWorker, type Lease } from '../lease/deadline.js';
import { specNameOf } from '../lease/birth.js';
import { describeEnd } from '../events.js';
import { type BackendName, engineName } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { reachableBackends, type Unreachable } from './locate.js';
import { endOf } from '../lease/end-detail.js';
import { nodeNow } from '../lease/node-now.js';

/**
 * `creating`: no lease yet. `ready`: it has a lease. `degraded`: it was ready, and now a container has failed. `retained`: its `run` has
 * failed, and its stopped containers are kept. `ending`: its engine has
 * ended, its time is up, or only remains are left. Computed at each look, never stored: for people only, it starts and ends nothing.
 */
export type WorkerStatus = 'creating' | 'ready' | 'degraded' | 'retained' | 'ending';

/** A living worker, read from its objects' labels. Times in milliseconds since the epoch. */
export interface WorkerSummary {
  name: string;
  /** The name in its spec: another one for a worker of a dispatcher. */
  specName: string;
  backend: BackendName;
  endpoint: string;
  status: WorkerStatus;
  /** The reason of its end for people, from its `ending` on; `null` before, and for remains. */
  why: string | null;
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
      const groups = groupByWorker(await backend.list());
      const now = await nodeNow(backend, call.clock);
      return [...groups].map(([name, objects]) => summarise(name, backend.name, backend.endpoint, objects, now));
    }),
  );
  return { workers: perBackend.flat().sort((a, b) => (a.name < b.name ? -1 : 1)), unreachable };
}

export function summarise(name: string, backend: BackendName, endpoint: string, objects: OwnedObject[], now: number): WorkerSummary {
  const ends = deadlineOf(objects);
  const lease = currentLease(objects);
  const containers = containerStates(objects, lease ? [engineName, ...(lease.terms.containers ?? [])] : []);
  // Remains of an earlier worker have no address, such as an inactive task definition.
  const isRemains = objects.every(({ address }) => address === '');
  const due = dueReason(objects, now);
  return {
    name,
    specName: specNameOf(objects) ?? name,
    backend,
    endpoint,
    status: due !== null || (isRemains && !lease) ? 'ending' : lease ? leasedStatus(lease, containers) : 'creating',
    why: due && describeEnd(endOf(due, objects, [])),
    createdAt: bornAt(objects),
    ends,
    containers,
    objects,
  };
}

function leasedStatus({ terms }: Lease, containers: readonly ContainerState[]): WorkerStatus {
  if (terms.retained) return 'retained';
  return containers.some(isFaulty) ? 'degraded' : 'ready';
}
