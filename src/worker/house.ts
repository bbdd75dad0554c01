import type { Applier, ApplierName } from '../apply/applier.js';
import type { Backend } from '../backends/backend.js';
import type { Clock } from '../clock.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { Emit } from '../events.js';
import type { KeeperClient } from '../lease/keeper-client.js';
import type { Stack } from '../plan/stack.js';
import type { Offer } from '../spec/offer.js';
import { type BackendName, backendNames, defaultBackends, type WorkerSpec } from '../spec/worker-spec.js';
import type { StateLayout } from '../state/layout.js';
import type { Settings } from './settings.js';

/** All that the use cases need from outside, chosen by whoever composes them. */
export interface House {
  clock: Clock;
  newId(): string;
  layout: StateLayout;
  settings: Settings;
  emit: Emit;
  env: Record<string, string | undefined>;
  /** Opened once; throws when it can't be (a broken docker context). */
  openBackend(name: BackendName): Promise<Backend>;
  /** Throws when it can't be used with these settings. */
  openApplier(name: ApplierName): Promise<Applier>;
  synthesize(input: { spec: WorkerSpec; offer: Offer }): Promise<Stack>;
  keeper: KeeperClient;
  /** First and second Ctrl-C. */
  stop: AbortSignal;
  abort: AbortSignal;
}

/** Backends that a command without a spec looks at, with those that did not answer. */
export async function reachableBackends(house: House, only?: BackendName): Promise<{ backends: Backend[]; unreachable: Unreachable[] }> {
  const backends: Backend[] = [];
  const unreachable: Unreachable[] = [];
  await Promise.all(
    (only ? [only] : await backendsInUse(house)).map(async (name) => {
      try {
        const backend = await house.openBackend(name);
        await backend.clockSkew();
        backends.push(backend);
      } catch (thrown) {
        const error = toMayflyError(thrown);
        if (only) throw error;
        unreachable.push({ backend: name, error });
      }
    }),
  );
  return { backends: backends.sort((a, b) => backendNames.indexOf(a.name) - backendNames.indexOf(b.name)), unreachable };
}

/** Those of this machine, and a cloud where a setting or a state says that it is used: asking it takes credentials and time. */
async function backendsInUse({ settings, layout }: House): Promise<readonly BackendName[]> {
  const usesAws = settings.aws !== null || settings.backend === 'aws' || (await layout.known()).some(({ backend }) => backend === 'aws');
  return usesAws ? [...defaultBackends, 'aws'] : defaultBackends;
}

export interface Unreachable {
  backend: BackendName;
  error: MayflyError;
}

/** The one backend that has a worker of that name. @throws MayflyError `worker_ambiguous`, `backend_unreachable` */
export async function locate(house: House, worker: string, only?: BackendName): Promise<Backend | null> {
  const { backends, unreachable } = await reachableBackends(house, only);
  const holding = await Promise.all(backends.map(async (backend) => ((await backend.list(worker)).length > 0 ? [backend] : [])));
  const [first, second] = holding.flat();
  if (second) {
    throw new MayflyError('worker_ambiguous', {
      place: { path: worker },
      cause: `both ${first!.name} and ${second.name} have a worker of this name`,
      remedy: `say which: --backend ${first!.name} or --backend ${second.name}`,
    });
  }
  if (first) return first;
  const known = await house.layout.known();
  const hidden = unreachable.find(({ backend }) => known.some((one) => one.backend === backend && one.name === worker));
  if (hidden) throw hidden.error;
  return null;
}

/** Like `locate`; a worker that is nowhere is an error that says what became of it. @throws MayflyError `worker_ended`, `worker_unknown` */
export async function locateLiving(house: House, worker: string, only?: BackendName): Promise<Backend> {
  const backend = await locate(house, worker, only);
  if (backend) return backend;
  const [last] = await house.layout.history.of(worker);
  if (last) {
    throw new MayflyError('worker_ended', {
      place: { path: worker },
      cause: `it ended at ${new Date(last.endedAt).toISOString()}: ${last.reason.replace('_', ' ')}`,
      remedy: `see \`mayfly show ${worker}\`, or apply its spec again`,
    });
  }
  throw unknownWorker(worker);
}

export function unknownWorker(worker: string): MayflyError {
  return new MayflyError('worker_unknown', {
    place: { path: worker },
    cause: 'no backend and no history knows a worker of this name',
    remedy: 'see `mayfly list`; a worker on another daemon needs its DOCKER_HOST, one on AWS --backend aws',
  });
}
