import type { ContainerDefinition } from '@aws-sdk/client-ecs';
import type { Clock } from '../../clock.js';
import { connectTcp } from '../shared/connect-tcp.js';
import { unknownContainer } from '../shared/unknown-container.js';
import type { Backend } from '../ports/backend.js';
import { accountOf } from './account.js';
import { addressOf } from './address.js';
import { awsCapabilities } from './capabilities.js';
import { openAws } from './clients.js';
import { ensureCluster, removeUnusedCluster } from './cluster.js';
import { removeObjects, stopService } from './end.js';
import { writeLease } from './lease.js';
import { listAll, listWorker } from './list.js';
import { writeLogs } from './logs.js';
import { awsNames } from './names.js';
import { makeOffer } from './offer.js';
import type { Pauses } from './patience.js';
import { ownVariables } from './own-variables.js';
import { endpointOf, placeOf } from './place.js';
import { readiness } from './readiness.js';
import { report } from './report.js';
import { driversOf } from './resources/index.js';
import { findDefinition } from './resources/task-definition.js';
import { recoverVariables } from './variables.js';

/** Milliseconds between two readiness checks of a worker: a task starts in half a minute, and AWS limits calls. */
const readinessEvery = 2000;

/** Milliseconds between two looks: a look costs about twenty calls for each worker, and the schedules end a worker in time by themselves. */
const lookEvery = 30_000;

export interface AwsBackendOptions {
  /** Default: `aws`. */
  node?: string;
  /** `MAYFLY_AWS_*` and the SDK's own variables. */
  env: Record<string, string | undefined>;
  clock: Clock;
  /** Pauses before further attempts; default: by the times that AWS is known to need. */
  patience?: { transient: Pauses; settling: Pauses };
}

/** Runs each worker as a service with one task on Fargate. @throws MayflyError `backend_unreachable` where no region is set */
export function awsBackend({ node = 'aws', env, clock, patience }: AwsBackendOptions): Backend {
  const place = placeOf(env);
  const aws = openAws({ place, env, clock, ...patience });
  const definitions = new Map<string, Promise<ContainerDefinition[]>>();
  const paced = pacer(clock, readinessEvery);
  const containersOf = async (worker: string) => {
    const found = await findDefinition(aws, awsNames(worker, place.region).common);
    return (found?.definition.containerDefinitions ?? []).map(({ name }) => name!);
  };

  return {
    name: node,
    endpoint: endpointOf(place),
    // The backend opens only with a region, so a setting alone does not make it count as in use.
    chosen: false,
    capabilities: awsCapabilities,
    account: async () => (await aws.identity()).account,
    drivers: driversOf(aws),
    // The stack contains the region. The provider finds credentials and endpoints as the SDK does.
    provider: { env: {} },
    changed: null,
    residents: null,
    memoryKills: null,
    engineSockets: null,
    connectTo: connectTcp,
    caches: null,
    sizes: null,
    sessions: null,
    lookEvery,
    scheduler: { name: 'EventBridge Scheduler', type: 'aws_scheduler_schedule' },
    offer: async (spec) => ({ ...makeOffer(spec, await accountOf(aws, spec.name)), backend: node }),
    prepare: () => ensureCluster(aws),
    async tidy({ dryRun }) {
      const anyLives = async () => (await listAll(aws)).length > 0;
      if (await anyLives()) return [];
      const removed = await removeUnusedCluster(aws, dryRun);
      // An apply that started meanwhile may have found the cluster and have no service in it yet.
      if (dryRun || removed.length === 0 || !(await anyLives())) return removed;
      await ensureCluster(aws);
      return [];
    },
    list: (worker) => (worker === undefined ? listAll(aws) : listWorker(aws, worker)),
    async clockSkew() {
      if (aws.skew() === null) await aws.identity();
      return aws.skew() ?? 0;
    },
    ownVariables,
    recoverVariables: (worker) => recoverVariables(aws, worker),
    address: (worker) => addressOf(aws, worker),
    async readiness(worker, spec) {
      await paced(worker);
      return readiness(aws, worker, spec, definitions);
    },
    report: (worker, objects) => report(aws, worker, objects),
    writeLease: (worker, terms, ends) => writeLease(aws, worker, terms, ends),
    async stop(worker, objects, signal) {
      await stopService(aws, worker, signal);
      return objects.map((object) => (object.status === 'running' ? { ...object, status: 'exited' } : object));
    },
    remove: ({ objects, may }, signal) => removeObjects(aws, objects, may, signal),
    async logs(worker, container, options, streams, signal) {
      const names = await containersOf(worker);
      if (!names.includes(container)) throw unknownContainer('aws', worker, container, names);
      await writeLogs(aws, awsNames(worker, place.region).logGroup, container, options, streams, signal);
    },
    close: () => aws.close(),
  };
}

/** Returns a function that waits until `every` milliseconds have passed since the worker's last call. The first call does not wait. */
function pacer(clock: Clock, every: number): (worker: string) => Promise<void> {
  const last = new Map<string, number>();
  return async (worker) => {
    const wait = (last.get(worker) ?? -Infinity) + every - clock.now();
    if (wait > 0) await clock.sleep(wait);
    last.set(worker, clock.now());
  };
}
