import { enginePort } from '../../spec/melodium.js';
import { engineName } from '../../spec/worker-spec.js';
import type { ContainerState } from '../ports/container-state.js';
import type { Failure, Readiness, ReadinessSpec, Wait } from '../ports/readiness.js';

/** A container's state for the decision whether its worker is ready. */
export interface Seen extends ContainerState {
  /** When the container ended, in milliseconds since the epoch by the backend's clock; `null`: it has not ended, or the time is unknown. */
  endedAt: number | null;
  /** A more exact reason than its exit code: `was killed because it used more memory than its limit`. Follows the container's name. */
  because: string | null;
  /** The condition that the worker waits for, such as its healthcheck; `null`: none. */
  waits: string | null;
  /** See `Wait.listed`. */
  listed?: boolean;
  /** Whether its healthcheck comes from its image. */
  checkOfImage?: boolean;
}

/**
 * Decides whether a worker is ready; the same rule for every backend. An ended container is a failure with any exit code, unless its spec
 * has `once: true`: then the worker waits until it has ended with 0. An engine without a port that ended with 0 is done, and its worker is
 * ready. A paused or unhealthy container is a failure. Of several failures, the earliest is reported. Pure.
 */
export function settle(all: readonly Seen[], spec: ReadinessSpec): Readiness {
  const engine = all.find(({ container }) => container === engineName);
  if (!engine) return failedAs({ container: engineName, reason: 'was removed by another program', remedy: remedies.gone });
  const isDone = engine.status === 'exited' && engine.exitCode === 0 && enginePort(spec) === null;
  const wrong = all.filter((one) => one !== engine || !isDone).filter(({ status }) => failures.has(status));
  const [first] = wrong.sort((a, b) => (a.endedAt ?? Infinity) - (b.endedAt ?? Infinity) || rank(a) - rank(b));
  if (first) return failedAs({ container: first.container, reason: reasonOf(first), remedy: remedyOf(first, spec) });
  const waiting = isDone ? [] : all.flatMap(waitOf);
  return { ready: waiting.length === 0, waiting, failed: null };
}

function waitOf({ container, waits, listed = false }: Seen): Wait[] {
  return waits === null ? [] : [{ container, for: waits, ...(listed && { listed }) }];
}

const failures: ReadonlySet<Seen['status']> = new Set(['exited', 'paused', 'unhealthy']);

function failedAs(failed: Failure): Readiness {
  return { ready: false, waiting: [], failed };
}

/** Orders failures at the same time: the engine first, since containers need it and it needs none of them. */
function rank({ container }: Seen): number {
  return container === engineName ? 0 : 1;
}

function reasonOf({ status, exitCode, because }: Seen): string {
  if (because !== null) return because;
  if (status === 'exited') return exitCode === null ? 'was killed' : `ended with exit code ${exitCode}`;
  return `is ${status}`;
}

/** The exit code of a shell, and of a container's init, for a missing program. */
const notFound = 127;

const remedies = {
  gone: 'apply its spec again',
  paused: 'continue it (docker unpause), or end the worker with `mayfly destroy`',
  unhealthy: 'see its last lines, correct it or its healthcheck and apply again',
  unhealthyImage: "correct it, give it a `healthcheck` in the spec, or disable its image's with `healthcheck: none`",
  idle: 'its image has no `sh`, which an executor without a command needs: give it a command that runs until it is stopped',
  notFound: 'see its last lines: its image lacks the command, or the `sh` that runs a command given as one string',
  executorEnded: 'an executor must run until its worker ends: omit its command, or give it one that keeps running',
  serviceEnded: 'a service must run until its worker ends: give it a command that keeps running, or set `once: true` if it is meant to end',
  other: 'see its last lines, correct the spec and apply again',
} as const;

function remedyOf(
  { container, status, exitCode, checkOfImage }: Seen,
  { containers = [], service_containers = [] }: ReadinessSpec,
): string {
  if (status === 'paused') return remedies.paused;
  if (status === 'unhealthy') return checkOfImage ? remedies.unhealthyImage : remedies.unhealthy;
  const executor = containers.find(({ name }) => name === container);
  if (exitCode === notFound) return executor && executor.command === null ? remedies.idle : remedies.notFound;
  if (exitCode !== 0) return remedies.other;
  if (executor) return remedies.executorEnded;
  return service_containers.some(({ name }) => name === container) ? remedies.serviceEnded : remedies.other;
}

/** Whether a container's spec has `once: true`. */
export function isOnceIn({ service_containers = [] }: ReadinessSpec, container: string): boolean {
  return service_containers.some(({ name, once }) => name === container && once);
}

/** Describes the last run of a healthcheck for people: `exit code 1: no response`. The output is put on one line and cut. */
export function describeProbe(exitCode: number | null, output: string): string {
  const line = output.trim().replace(/\s+/g, ' ').slice(0, 300);
  const code = exitCode === null ? 'it took too long' : `exit code ${exitCode}`;
  return line === '' ? code : `${code}: ${line}`;
}

/** Describes why a container is unhealthy. `failures`: in a row; `last`: from `describeProbe`. */
export function describeUnhealthy(failures: number, last: string | null, checkOfImage = false): string {
  const check = checkOfImage ? "its image's own healthcheck" : 'its healthcheck';
  const times = failures === 1 ? 'once' : `${failures} times in a row`;
  return `is unhealthy: ${check} failed ${times}${last === null ? '' : `, the last time: ${last}`}`;
}
