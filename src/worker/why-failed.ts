import { describeFaults } from '../backends/ports/container-state.js';
import type { Backend } from '../backends/ports/backend.js';
import { containerStates } from '../backends/ports/containers.js';
import type { ContainerReport } from '../backends/ports/ending.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { describeEnd, type End, type EndReason } from '../events.js';
import { isExpired, oldestCreation } from '../lease/deadline.js';
import { describeOutOfMemory, endOf, endOfContainer } from '../lease/end-detail.js';
import { isEnding } from '../lease/end-worker.js';
import { nodeNow } from '../lease/node-now.js';
import { paceOf } from '../lease/pace.js';
import { runnersOf } from '../lease/runner.js';
import { engineName } from '../spec/worker-spec.js';
import { readLock } from '../state/lock.js';
import type { Call } from './call.js';
import { endingSince } from './endings.js';
import { summarise } from './list.js';

/** Why a command failed, where it did not fail by itself. */
export interface Cause {
  /** The reason of its worker's end, or `out_of_memory`; `null`: the worker lives, and the command's own exit code counts. */
  reason: EndReason | null;
  /** The reason for people. */
  why: string;
}

/** A later `run --replace` has ended the worker. */
export const replaced: Cause = { reason: 'replaced', why: 'replaced by a later run' };

export interface FailedCommand {
  worker: string;
  container: string;
  /** Its start, in milliseconds since the epoch. */
  startedAt: number;
  /** Its exit code; absent if the connection to it broke. */
  code: number | undefined;
}

/** Milliseconds to wait for the end of a worker whose containers are being stopped: longer than the TERM grace. */
const endingWithin = 15_000;

/** Milliseconds in which a node reports that the kernel has killed a process, or that a container has ended. */
export const reportedWithin = 500;

/** Exit code of a process that was killed, as the kernel does for memory. */
export const killed = 137;

/** Exit codes of containers that were stopped. A container with another code has ended by itself. */
const stopped: ReadonlySet<number | null> = new Set([0, killed, 143, null]);

/**
 * Finds out why a command failed: its worker ended under it, a container ran out of memory, or another container has failed. Waits for the
 * end and its record while the worker is being ended.
 *
 * @returns `null`: the command failed by itself
 */
export async function whyFailed(call: Call, backend: Backend, failed: FailedCommand): Promise<Cause | null> {
  const { clock, stop } = call;
  const { worker, startedAt, code } = failed;
  const latest = clock.now() + endingWithin;
  // A killed command may be seen before the end of its container.
  for (let settled = code !== undefined && code !== killed; ; settled = true) {
    const objects = await backend.list(worker);
    const now = await nodeNow(backend, clock);
    // A worker that was made after the start of the command is another one of the same name.
    if (objects.length === 0 || oldestCreation(objects) > startedAt + (now - clock.now())) return recorded(call, backend, failed, objects);
    // Expiry comes first: a keeper that ends an expired worker stops its engine too.
    if (isExpired(objects, now)) return causeOf(endOf('expired', objects, []));
    const phase = await phaseOf(call, backend, failed, objects);
    const cause =
      phase === 'runs' ? await memoryKill(call, backend, failed) : phase === 'down' ? await ownEnd(backend, failed, objects) : null;
    if (cause) return cause;
    if (phase === 'runs' && settled) return fault(backend, failed, objects, now);
    if (clock.now() >= latest) return lastSeen(backend, failed, objects);
    await clock.sleep(Math.min(reportedWithin, paceOf(backend).wait), stop);
  }
}

/** `ending`: an operation of this machine, or a keeper, ends the worker. `down`: only the command's container has ended. */
async function phaseOf({ layout }: Call, backend: Backend, { worker, container }: FailedCommand, objects: readonly OwnedObject[]) {
  const holder = await readLock(layout.lock(backend.name, worker));
  const down = containerStates(objects, []).flatMap((one) => (one.status === 'exited' || one.status === 'done' ? [one.container] : []));
  if ((holder !== null && isEnding(holder)) || down.includes(engineName)) return 'ending';
  return down.includes(container) ? 'down' : 'runs';
}

/** The end as the process that ended the worker recorded it. `later`: the objects of a later worker of this name. */
async function recorded(call: Call, backend: Backend, { worker, startedAt }: FailedCommand, later: readonly OwnedObject[]): Promise<Cause> {
  const entry = await endingSince(call, worker, backend, startedAt);
  if (entry) return causeOf(entry);
  // Another machine recorded why it ended the worker, but its own run shows it.
  return runnersOf(later).length > 0 ? replaced : { reason: 'destroyed', why: 'the worker was removed, and the reason was not recorded' };
}

/** A process that the kernel killed in a container that runs; the command's own container first. The report may follow the command's end. */
async function memoryKill({ clock }: Call, backend: Backend, { worker, container, startedAt, code }: FailedCommand): Promise<Cause | null> {
  const names = (await backend.memoryKills?.between(worker, startedAt, clock.now() + reportedWithin)) ?? [];
  const name = names.includes(container) ? container : names[0];
  if (name === undefined) return null;
  const report = (await backend.report(worker)).find((one) => one.container === name);
  return {
    reason: name === container && code === killed ? 'out_of_memory' : null,
    why: describeOutOfMemory(report ?? { container: name }),
  };
}

/** The end of the command's container, unless somebody may have stopped it to end the worker. */
async function ownEnd(backend: Backend, { worker, container }: FailedCommand, objects: readonly OwnedObject[]): Promise<Cause | null> {
  const report = (await backend.report(worker, objects)).find((one) => one.container === container);
  const cause = report && causeOfContainer(report);
  return cause && (cause.reason === 'out_of_memory' || !stopped.has(report.exitCode)) ? cause : null;
}

/** Containers that have failed in a worker that was ready. */
function fault(backend: Backend, { worker }: FailedCommand, objects: OwnedObject[], now: number): Cause | null {
  const { status, containers } = summarise(worker, backend.name, backend.endpoint, objects, now);
  return status === 'degraded' ? { reason: null, why: describeFaults(containers) } : null;
}

/** The cause as far as it can be seen, where the worker has not ended in time. */
async function lastSeen(backend: Backend, { worker, container }: FailedCommand, objects: readonly OwnedObject[]): Promise<Cause> {
  const reports = await backend.report(worker, objects);
  const down = [engineName, container].flatMap((name) => reports.find((one) => one.container === name && one.status === 'exited') ?? []);
  return down[0] ? causeOfContainer(down[0]) : { reason: null, why: 'the worker is being ended' };
}

/** The end of another container than the engine ends no worker. */
function causeOfContainer(report: ContainerReport): Cause {
  const { reason, why } = causeOf(endOfContainer(report));
  return { reason: report.container === engineName || reason === 'out_of_memory' ? reason : null, why };
}

function causeOf(end: End): Cause {
  return { reason: end.reason, why: describeEnd(end) };
}
