import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { describeState } from '../backends/ports/container-state.js';
import { containerNameOf, containerStates } from '../backends/ports/containers.js';
import { type MayflyError, toMayflyError } from '../errors.js';
import type { Change, Plan } from '../plan/plan.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { notReady } from './ready.js';

/**
 * Finds the first cause of a failed apply. If a container ended, resources that need it failed for that reason. The error to report is then
 * the container's end, with its exit code and last lines; other failures follow as further problems.
 *
 * @returns the error to report; `thrown` if no container's end explains the failure, or if the backend does not answer
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
    return thrown;
  }
}

/** Objects whose container has ended, the engine's first. */
function endedIn(objects: readonly OwnedObject[]): OwnedObject[] {
  const ended = containerStates(objects, []).filter(({ status }) => status === 'exited');
  return ended.flatMap(({ container }) => objects.filter(({ address }) => address !== '' && containerNameOf(address) === container));
}

/** Whether the end of `ended` explains why `failed` failed: it is the same resource, created by this apply, or depends on it. */
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
          remedy: 'make its command run for as long as they need it',
        };
  return notReady(backend, spec.name, { container, cause: `${container} ${reason}`, remedy, ...more });
}
