import type { Backend } from '../backends/ports/backend.js';
import { formatPlace, MayflyError, toMayflyError } from '../errors.js';
import { describeEnd } from '../events.js';
import type { BackendName } from '../spec/worker-spec.js';
import { workerName } from '../state/below.js';
import { endingsOf } from './endings.js';
import type { Call } from './call.js';
import { backendsInUse } from './in-use.js';

/** A backend that did not answer. */
export interface Unreachable {
  backend: BackendName;
  error: MayflyError;
  /** Whether a setting names it, or this machine has recorded workers on it. Without its answer, the result of a command is incomplete. */
  inUse: boolean;
}

export interface LookedOver {
  backends: Backend[];
  unreachable: Unreachable[];
}

/**
 * Opens the backends that a command without a spec looks at: backends that are asked by default, and backends in use. `worker`: the name that
 * the command looks for.
 *
 * @throws MayflyError where `only` does not answer
 */
export async function reachableBackends(call: Call, only?: BackendName, worker?: string): Promise<LookedOver> {
  const inUse = await backendsInUse(call, worker);
  const wanted = only ? [only] : call.nodes.names.filter((name) => call.nodes.unnamed.includes(name) || inUse.has(name));
  const answers = await Promise.all(wanted.map((name) => ask(call, name, inUse.has(name))));
  const unreachable = answers.flatMap((one) => ('error' in one ? [one] : []));
  if (only && unreachable[0]) throw unreachable[0].error;
  return { backends: answers.flatMap((one) => ('error' in one ? [] : [one])), unreachable };
}

async function ask(call: Call, name: BackendName, inUse: boolean): Promise<Backend | Unreachable> {
  // If opening fails, the settings are wrong, so a person has set them.
  let chosen = true;
  try {
    const backend = await call.openNode(name);
    chosen = backend.chosen;
    await backend.clockSkew();
    return backend;
  } catch (thrown) {
    return { backend: name, error: toMayflyError(thrown), inUse: inUse || chosen };
  }
}

/** Exit code of a command that looks at all backends: 1 where a backend in use did not answer. */
export function lookCode(unreachable: readonly Unreachable[]): 0 | 1 {
  return unreachable.some(({ inUse }) => inUse) ? 1 : 0;
}

/** The backend that has the worker; `null`: no backend in use has it. `asked`: the backends that answered. */
export interface Located {
  backend: Backend | null;
  asked: Backend[];
}

/**
 * Finds the one backend that has a worker of that name.
 *
 * @throws MayflyError `usage`, `worker_ambiguous`; `backend_unreachable` and the like where a backend in use does not answer
 */
export async function locate(call: Call, worker: string, only?: BackendName): Promise<Located> {
  workerName(worker);
  const { backends, unreachable } = await reachableBackends(call, only, worker);
  const holding = await Promise.all(backends.map(async (backend) => ((await backend.list(worker)).length > 0 ? [backend] : [])));
  const [first, second] = holding.flat();
  if (second) {
    throw new MayflyError('worker_ambiguous', {
      place: { path: worker },
      cause: `both ${first!.name} and ${second.name} have a worker of this name`,
      remedy: `name one: --backend ${first!.name} or --backend ${second.name}`,
    });
  }
  const missing = unreachable.find(({ inUse }) => inUse);
  if (!first && missing) throw unasked(worker, missing);
  return { backend: first ?? null, asked: backends };
}

function unasked(worker: string, { backend, error }: Unreachable): MayflyError {
  return new MayflyError(error.code, {
    place: { path: worker },
    cause: `the worker may live on ${backend}, which could not be asked: ${[formatPlace(error.place), error.message].filter(Boolean).join(': ')}`,
    remedy: error.remedy ?? `make ${backend} answer, then run the same command again`,
    error,
  });
}

/** Finds the backend of a living worker. @throws MayflyError `worker_ended` with the reason, `worker_unknown`, and those of `locate` */
export async function locateLiving(call: Call, worker: string, only?: BackendName): Promise<Backend> {
  const { backend, asked } = await locate(call, worker, only);
  if (backend) return backend;
  const [last] = await endingsOf(call, worker, asked);
  if (last) {
    throw new MayflyError('worker_ended', {
      place: { path: worker },
      cause: `the worker ended at ${new Date(last.endedAt).toISOString()}: ${describeEnd(last)}`,
      remedy: `see \`mayfly show ${worker}\`, or apply its spec again`,
    });
  }
  throw unknownWorker(worker);
}

export function unknownWorker(worker: string): MayflyError {
  return new MayflyError('worker_unknown', {
    place: { path: worker },
    cause: `no worker named ${worker} is running, or ended in the last 7 days`,
    remedy: 'see `mayfly list`; a worker on another daemon needs its DOCKER_HOST, one on AWS --backend aws',
  });
}
