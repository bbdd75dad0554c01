import type { Backend } from '../backends/ports/backend.js';
import { interrupted } from '../apply/interrupted.js';
import type { Failure, Wait } from '../backends/ports/readiness.js';
import type { Clock } from '../clock.js';
import { type ErrorCode, MayflyError, type Problem, toMayflyError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import { onlyWaits } from '../spec/engine-defaults.js';
import { checkOf, engineName, type WorkerSpec } from '../spec/worker-spec.js';
import type { Call } from './call.js';

/** Milliseconds between two looks: short at first, since most workers are ready at once; then 1.2 times as long each. */
const firstPoll = 25;
const longestPoll = 250;

/** Milliseconds to wait after the last start where a program has no healthcheck: a command that cannot run has ended by then. */
const settleTime = 250;

/** Waits until a worker that is not ready may have become ready, for `within` milliseconds at most. @throws the signal's reason */
export type Pause = (waits: readonly Wait[], within: number, signal: AbortSignal) => Promise<void>;

export interface ReadyOptions {
  /** Start of the apply, in milliseconds since the epoch. */
  startedAt: number;
  plan: Plan;
  /** The container in which a command follows at once: the command itself proves that the container's program has not ended. */
  commandIn?: string | undefined;
  /** Default: a pause of its own, which gets longer. */
  pause?: Pause | undefined;
}

/**
 * Waits until the worker is ready. Called after the plan was carried out.
 *
 * @throws MayflyError `not_ready` with the reason and the container's last lines; `timedOut` is set where `create_timeout` has passed
 */
export async function untilReady(
  call: Call,
  backend: Backend,
  spec: WorkerSpec,
  { startedAt, plan, commandIn, pause = ownPauses(call.clock) }: ReadyOptions,
): Promise<void> {
  const { clock, emit, stop } = call;
  const deadline = startedAt + spec.create_timeout * 1000;
  const settledAt = startsUnchecked(spec, plan, commandIn) ? clock.now() + settleTime : -Infinity;
  let lastNames = '';
  /** When it was found ready first. The second look, `settleTime` later, may be after the deadline. */
  let readyAt: number | null = null;
  for (;;) {
    const lookedAt = clock.now();
    const { ready, waiting, failed } = await backend.readiness(spec.name, spec);
    const answeredAt = clock.now();
    readyAt = ready ? (readyAt ?? answeredAt) : null;
    const isLate = readyAt === null ? answeredAt >= deadline : readyAt > deadline;
    if (ready && !isLate && lookedAt >= settledAt) return;
    if (failed) throw await failedError(backend, spec, failed);
    const names = waiting.map(describe);
    if (!ready && names.join() !== lastNames) emit({ type: 'waiting', for: names, elapsedMs: answeredAt - startedAt });
    lastNames = names.join();
    if (isLate) throw await tooLate(backend, spec, waiting, answeredAt - startedAt);
    await (ready ? clock.sleep(settledAt - lookedAt, stop) : pause(waiting, deadline - answeredAt, stop)).catch(() => {
      throw interrupted(spec.name, 'interrupted while the worker was getting ready');
    });
  }
}

function ownPauses(clock: Clock): Pause {
  let poll = firstPoll;
  return async (_waits, _within, signal) => {
    await clock.sleep(poll, signal);
    poll = Math.min(poll * 1.2, longestPoll);
  };
}

/** Errors of a command whose container does not run. */
const notRunning: ReadonlySet<ErrorCode> = new Set(['not_ready', 'worker_ended']);

/**
 * Finds out why a command could not start in a worker that was ready at the last look.
 *
 * @returns the error of the container that has failed since; `thrown` if none has
 */
export async function whyNotStarted(backend: Backend, spec: WorkerSpec, thrown: unknown): Promise<unknown> {
  if (!notRunning.has(toMayflyError(thrown).code)) return thrown;
  const { failed } = await backend.readiness(spec.name, spec);
  return failed ? failedError(backend, spec, failed) : thrown;
}

function failedError(backend: Backend, { name }: WorkerSpec, { container, reason, remedy }: Failure): Promise<MayflyError> {
  return notReady(backend, name, { container, cause: `${container} ${reason}`, remedy });
}

/** Whether this apply starts a container that may end at once: it has a program of its own, no healthcheck, and no command follows in it. */
function startsUnchecked(spec: WorkerSpec, { changes }: Plan, commandIn: string | undefined): boolean {
  const starts = changes.some(({ action }) => action !== 'none' && action !== 'delete');
  return starts && programsOf(spec).some(({ name, check }) => check === null && name !== commandIn);
}

/** The engine and the containers that run a program of their own, not only mayfly's waiting shell. */
function programsOf({ engine, containers, service_containers }: WorkerSpec) {
  const executors = containers.filter(({ command, entrypoint }) => command ?? entrypoint);
  const others = [...executors, ...service_containers].map((one) => ({ name: one.name, check: checkOf(one) }));
  return engine && onlyWaits(engine) ? others : [{ name: engineName, check: engine && checkOf(engine) }, ...others];
}

function describe({ container, for: condition }: Wait): string {
  return `${container}: ${condition}`;
}

async function tooLate(
  backend: Backend,
  { name, create_timeout }: WorkerSpec,
  [first, ...others]: readonly Wait[],
  elapsedMs: number,
): Promise<MayflyError> {
  const cause = `not ready within create_timeout (${create_timeout} s)`;
  if (!first) {
    const late = { cause: `${cause}, only after ${Math.ceil(elapsedMs / 1000)} s`, remedy: 'raise create_timeout and apply again' };
    return notReady(backend, name, { container: engineName, ...late, timedOut: true });
  }
  const remedy = 'see its last lines, correct the spec and apply again';
  const waits = [first, ...others].map(describe).join(', ');
  return notReady(backend, name, { container: first.container, cause: `${cause}, waiting for ${waits}`, remedy, timedOut: true });
}

interface NotReady {
  container: string;
  cause: string;
  remedy: string;
  timedOut?: boolean;
  /** Further problems. */
  others?: readonly Problem[];
  error?: unknown;
}

/** The error about one container, with its last lines. */
export async function notReady(
  backend: Backend,
  worker: string,
  { container, cause, remedy, others = [], ...more }: NotReady,
): Promise<MayflyError> {
  const report = (await backend.report(worker)).find((one) => one.container === container);
  const problem = { place: { path: `${worker}/${container}` }, cause, remedy };
  return new MayflyError('not_ready', { ...problem, ...more, problems: [problem, ...others], log: report?.lastLines ?? [] });
}
