import type { ApplierName } from '../apply/applier.js';
import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { MayflyError, toMayflyError } from '../errors.js';
import { describeEnd, type End } from '../events.js';
import { endWorker } from '../lease/end-worker.js';
import { runnersOf } from '../lease/runner.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history.js';
import { endingsOf } from './endings.js';
import type { Call } from './call.js';
import { locate, unknownWorker } from './locate.js';

export interface DestroyOptions {
  backend?: BackendName;
  /** The end to record; default: `destroyed`. */
  end?: End;
  /** End the worker only if `run` made it for this process. A worker of another run is left alone, as if this one's had ended. */
  runner?: string;
  /** Shows the objects to a person and asks. `false`: nothing is removed. Absent: approved. Objects that appear later are refused. */
  approve?(objects: readonly OwnedObject[], backend: Backend): Promise<boolean>;
  /** Called with the objects to remove where no approval is needed. */
  onObjects?(objects: readonly OwnedObject[], backend: Backend): void;
}

export type Destroyed =
  | { done: true; backend: BackendName; objects: OwnedObject[] }
  | { done: false; objects: OwnedObject[] }
  /** The worker had ended before. `last`: its history entry, `null` where there is none. */
  | { done: true; gone: true; last: HistoryEntry | null };

/** Ends a worker by its name, without a spec. A worker that has ended already is success; an unknown name is an error. */
export async function destroyWorker(call: Call, worker: string, options: DestroyOptions): Promise<Destroyed> {
  const { backend, asked } = await locate(call, worker, options.backend);
  if (!backend) return goneAlready(call, worker, asked, options.backend);
  const objects = await backend.list(worker);
  const isOthers = (found: readonly OwnedObject[]) =>
    options.runner !== undefined && runnersOf(found).some((runner) => runner !== options.runner);
  if (isOthers(objects)) return { done: true, gone: true, last: null };
  if (!options.approve) options.onObjects?.(objects, backend);
  else if (!(await options.approve(objects, backend))) return { done: false, objects };
  const { reason, detail } = options.end ?? { reason: 'destroyed' };
  const ended = await endWorker({
    backend,
    worker,
    layout: call.layout,
    clock: call.clock,
    reason(now) {
      if (options.approve) assertSeen(worker, objects, now);
      return isOthers(now) ? null : reason;
    },
    ...(detail !== undefined && { detail }),
    operation: 'destroy',
    seen: objects,
    warn: (message) => call.emit({ type: 'warning', message }),
    lockTimeout: call.settings.lockTimeout,
    signal: call.abort,
  });
  if (ended === null && options.runner !== undefined) return { done: true, gone: true, last: null };
  await forgetState(call, backend.name, worker);
  call.emit({ type: 'ended', worker, reason, why: describeEnd(options.end ?? { reason }) });
  return { done: true, backend: backend.name, objects };
}

/** Refuses objects created after the question: during a long approval, another worker of this name may start. @throws MayflyError `plan_stale` */
function assertSeen(worker: string, seen: readonly OwnedObject[], now: readonly OwnedObject[]): void {
  const ids = new Set(seen.map(({ id }) => id));
  const made = now.filter(({ id, type }) => type !== 'lease' && !ids.has(id));
  if (made.length === 0) return;
  throw new MayflyError('plan_stale', {
    place: { path: worker },
    cause: `the worker has changed since it was shown: ${made.map(({ name }) => name).join(', ')} was created meanwhile`,
    remedy: 'run the same command again',
  });
}

/** Also removes its remaining state. */
async function goneAlready(call: Call, worker: string, asked: readonly Backend[], only?: BackendName): Promise<Destroyed> {
  const known = (await call.layout.known()).filter(({ name }) => name === worker);
  for (const { backend, name } of known) await call.layout.forget(backend, name);
  const [last] = await endingsOf(call, worker, asked);
  const backend = only ?? last?.backend ?? known[0]?.backend;
  if (backend) await forgetState(call, backend, worker);
  if (last) return { done: true, gone: true, last };
  if (known.length > 0) return { done: true, gone: true, last: null };
  throw unknownWorker(worker);
}

/**
 * Empties the remote state of an ended worker. A failure is only a warning: the worker has ended, and the next apply refreshes its
 * state.
 */
export async function forgetState(
  call: Call,
  backend: BackendName,
  worker: string,
  name: ApplierName = call.settings.applier,
): Promise<void> {
  const { settings, stop, abort } = call;
  // A backend without a provider is used by the embedded applier only: it has no remote state.
  if (!settings.stateBackend || !call.nodes.entry(backend).provider) return;
  const warn = (message: string) => call.emit({ type: 'warning', message });
  if (name === 'embedded') {
    const command = `mayfly destroy ${worker} --backend ${backend} --applier terraform`;
    warn(
      `its state in ${settings.stateBackend.type} may still contain its keys, and the embedded applier cannot access that state; run \`${command}\`, or tofu`,
    );
    return;
  }
  try {
    const applier = await call.openApplier(name);
    await applier.forget?.({ worker, backend, stop, abort });
  } catch (thrown) {
    warn(`its remote state could not be emptied: ${toMayflyError(thrown).message}; run the same command again`);
  }
}
