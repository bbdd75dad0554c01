import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { End, EndReason } from '../events.js';
import { engineName } from '../spec/worker-spec.js';
import { duration } from '../spec/units.js';
import type { ContainerReport } from '../state/container-report.js';
import { bornAt, currentLease, deadlineOf, engineOf } from './deadline.js';

/** Exit code of a container that the kernel killed. */
const killed = 137;

/**
 * The end of a worker with its reason as a sentence. `objects`: the worker's before it was stopped. An engine that was killed for its memory
 * is the reason `out_of_memory`.
 */
export function endOf(reason: EndReason, objects: readonly OwnedObject[], reports: readonly ContainerReport[]): End {
  if (reason === 'expired' && objects.length > 0) return { reason, detail: `expired after ${duration(lifeOf(objects))}` };
  if (reason !== 'engine_ended') return { reason };
  const engine = reports.find(({ container }) => container === engineName);
  return endOfContainer(engine ?? { container: engineName, exitCode: engineOf(objects)?.exitCode ?? null, outOfMemory: false });
}

/** The end of a container: `out_of_memory` where the kernel killed it for its memory, else `engine_ended` with its exit code. */
export function endOfContainer(report: Pick<ContainerReport, 'container' | 'exitCode' | 'outOfMemory' | 'memoryLimit'>): End {
  const { container, exitCode, outOfMemory } = report;
  // A container that only lost a process ends later, with another code.
  if (outOfMemory && exitCode === killed) return { reason: 'out_of_memory', detail: describeOutOfMemory(report) };
  return { reason: 'engine_ended', ...(exitCode !== null && { detail: `${titleOf(container)} ended with exit code ${exitCode}` }) };
}

/** For example `container test ran out of memory (limit 3000 MB)`. */
export function describeOutOfMemory({ container, memoryLimit }: Pick<ContainerReport, 'container' | 'memoryLimit'>): string {
  return `${titleOf(container)} ran out of memory${memoryLimit === undefined ? '' : ` (limit ${memoryLimit} MB)`}`;
}

function titleOf(container: string): string {
  return container === engineName ? engineName : `container ${container}`;
}

/** The life of an expired worker in seconds: its `max_duration`, or the time since its creation if its end was moved or it was never ready. */
function lifeOf(objects: readonly OwnedObject[]): number {
  const lived = (deadlineOf(objects).endsAt - bornAt(objects)) / 1000;
  const { maxDuration = Infinity, lifetime = Infinity } = currentLease(objects)?.terms ?? {};
  return lived > lifetime ? lived : Math.min(maxDuration, lived);
}
