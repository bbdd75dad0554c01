import { enginePort } from '../../spec/melodium.js';
import { engineName } from '../../spec/worker-spec.js';
import type { ContainerState } from '../ports/container-state.js';
import type { Failure, Readiness, ReadinessSpec } from '../ports/readiness.js';

/** A container as a backend looks at it for readiness. */
export interface Seen extends ContainerState {
  /** When it ended, by the backend's clock; `null` where it has not, or where nothing tells. */
  endedAt: number | null;
  /** More about its status than its exit code: `was killed for using more memory than it asked for`. */
  because: string | null;
  /** What the worker waits for here, such as its healthcheck; `null`: nothing. */
  waits: string | null;
  /** Its healthcheck is its image's own. */
  checkOfImage?: boolean;
}

/**
 * The one rule of readiness, for every backend. A container that ends is a failure, with any code, unless its spec says `once: true`:
 * then it must end with 0, and is waited for. An engine without a port that ended with 0 is done, and its worker ready. A paused or
 * an unhealthy container is a failure. Of several failures the first in time is the cause. Pure.
 */
export function settle(all: readonly Seen[], spec: ReadinessSpec): Readiness {
  const engine = all.find(({ container }) => container === engineName);
  if (!engine) return failedAs({ container: engineName, reason: 'is gone: something else removed it', remedy: remedies.gone });
  const isDone = engine.status === 'exited' && engine.exitCode === 0 && enginePort(spec) === null;
  const wrong = all.filter((one) => one !== engine || !isDone).filter(({ status }) => failures.has(status));
  const [first] = wrong.sort((a, b) => (a.endedAt ?? Infinity) - (b.endedAt ?? Infinity) || rank(a) - rank(b));
  if (first) return failedAs({ container: first.container, reason: reasonOf(first), remedy: remedyOf(first, spec) });
  const waiting = isDone ? [] : all.flatMap(({ container, waits }) => (waits === null ? [] : [{ container, for: waits }]));
  return { ready: waiting.length === 0, waiting, failed: null };
}

const failures: ReadonlySet<Seen['status']> = new Set(['exited', 'paused', 'unhealthy']);

function failedAs(failed: Failure): Readiness {
  return { ready: false, waiting: [], failed };
}

/** The engine first: its containers need it, and it needs none of them to start. */
function rank({ container }: Seen): number {
  return container === engineName ? 0 : 1;
}

function reasonOf({ status, exitCode, because }: Seen): string {
  if (because !== null) return because;
  if (status === 'exited') return exitCode === null ? 'was killed' : `ended with exit code ${exitCode}`;
  return `is ${status}`;
}

/** What a shell, and the init of a container, return for a program that is not there. */
const notFound = 127;

const remedies = {
  gone: 'apply its spec again',
  paused: 'let it go on (docker unpause), or end the worker with `mayfly destroy`',
  unhealthy: 'see its last lines, mend it or its healthcheck and apply again',
  unhealthyImage: "mend it, give it a `healthcheck` of its own, or switch its image's off with `healthcheck: none`",
  idle: 'its image has no `sh`, which keeps an executor without a command up: give it a command that goes on until it is ended',
  notFound: 'see its last lines: its command, or the `sh` that runs a command given as one string, is not in its image',
  executorEnded: 'an executor stays until its worker ends: leave its command out, or give it one that goes on',
  serviceEnded: 'a service stays until its worker ends: give it a command that goes on, or say `once: true` if it is meant to end',
  other: 'see its last lines, mend the spec and apply again',
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

/** Whether a container's spec says that it is to end. */
export function isOnceIn({ service_containers = [] }: ReadinessSpec, container: string): boolean {
  return service_containers.some(({ name, once }) => name === container && once);
}

/** How a probe did last, for people: `exit code 1: no response`. Its output on one line, cut. */
export function describeProbe(exitCode: number | null, output: string): string {
  const said = output.trim().replace(/\s+/g, ' ').slice(0, 300);
  const code = exitCode === null ? 'it took too long' : `exit code ${exitCode}`;
  return said === '' ? code : `${code}: ${said}`;
}

/** Why a container is unhealthy: `failures` in a row, `last` as `describeProbe` has it. */
export function describeUnhealthy(failures: number, last: string | null, checkOfImage = false): string {
  const whose = checkOfImage ? "its image's own healthcheck" : 'its healthcheck';
  const times = failures === 1 ? 'once' : `${failures} times in a row`;
  return `is unhealthy: ${whose} failed ${times}${last === null ? '' : `, at last with ${last}`}`;
}
