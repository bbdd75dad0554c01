import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { describeState } from '../backends/ports/container-state.js';
import { containerNameOf, containerStates } from '../backends/ports/containers.js';
import { type MayflyError, toMayflyError } from '../errors.js';
import type { Change, Plan } from '../plan/plan.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { notReady } from './ready.js';

/**
 * The first cause of a failed apply. A container that ended explains why what needs it could not start: its end is the error then, with
 * its code and last lines. Failures that it does not explain follow as further problems.
 *
 * @returns the error to report: `thrown` where no container explains it, or where the backend cannot be asked
 */
export async function firstCause(backend: Backend, spec: WorkerSpec, plan: Plan, thrown: unknown): Promise<unknown> {
  const error = toMayflyError(thrown);
  if (error.code === 'interrupted') return thrown;
  try {
    const objects = await backend.list(spec.name);
    for (const ended of endedIn(objects)) {
      const others = error.problems.filter(({ place }) => !explains(ended.address, place?.path, plan.changes));
      if (others.length < error.problems.length) return await endOf(backend, spec, ended, { others, error });
    }
    return thrown;
  } catch {
    // The failed apply stays the error where nobody can say more of it.
    return thrown;
  }
}

/** Objects whose container has ended, the engine's first. */
function endedIn(objects: readonly OwnedObject[]): OwnedObject[] {
  const ended = containerStates(objects, []).filter(({ status }) => status === 'exited');
  return ended.flatMap(({ container }) => objects.filter(({ address }) => address !== '' && containerNameOf(address) === container));
}

/** Whether `failed` is the resource that ended, made by this apply, or needs that one. */
function explains(ended: string, failed: string | undefined, changes: readonly Change[]): boolean {
  const change = changes.find(({ address }) => address === failed);
  if (!change) return false;
  if (failed === ended) return change.action === 'create' || change.action === 'replace';
  return change.dependencies.some((one) => one === ended || explains(ended, one, changes));
}

async function endOf(
  backend: Backend,
  spec: WorkerSpec,
  { address, exitCode }: OwnedObject,
  more: { others: MayflyError['problems']; error: MayflyError },
): Promise<MayflyError> {
  const container = containerNameOf(address);
  const { failed } = await backend.readiness(spec.name, spec);
  const { reason, remedy } =
    failed?.container === container
      ? failed
      : {
          reason: `${describeState({ status: 'exited', exitCode })} before the containers that need it had started`,
          remedy: 'let it go on for as long as they are needed',
        };
  return notReady(backend, spec.name, { container, cause: `${container} ${reason}`, remedy, ...more });
}
