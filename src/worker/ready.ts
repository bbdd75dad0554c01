import type { Backend } from '../backends/ports/backend.js';
import { interrupted } from '../apply/interrupted.js';
import type { Wait } from '../backends/ports/readiness.js';
import { MayflyError, type Problem } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import { onlyWaits } from '../spec/engine-defaults.js';
import { checkOf, type WorkerSpec } from '../spec/worker-spec.js';
import type { Call } from './call.js';

/** Milliseconds between two looks: short at first, since most workers are ready at once; then 1.2 times as long each. */
const firstPoll = 25;
const longestPoll = 250;

/** Milliseconds to wait after the last start where a program has no healthcheck: a command that cannot run has ended by then. */
const settleTime = 250;

/**
 * Waits until the worker is ready. Called after the plan was carried out; `startedAt`: start of the apply, in milliseconds since the epoch.
 *
 * @throws MayflyError `not_ready` with the reason and the container's last lines; `timedOut` is set where `create_timeout` has passed
 */
export async function untilReady(
  call: Call,
  backend: Backend,
  spec: WorkerSpec,
  { startedAt, plan }: { startedAt: number; plan: Plan },
): Promise<void> {
  const { clock, emit, stop } = call;
  const deadline = startedAt + spec.create_timeout * 1000;
  const settledAt = startsUnchecked(spec, plan) ? clock.now() + settleTime : -Infinity;
  let lastNames = '';
  for (let poll = firstPoll; ; poll = Math.min(poll * 1.2, longestPoll)) {
    const lookedAt = clock.now();
    const { ready, waiting, failed } = await backend.readiness(spec.name, spec);
    if (ready && lookedAt >= settledAt) return;
    if (failed) {
      const { container, reason, remedy } = failed;
      throw await notReady(backend, spec.name, { container, cause: `${container} ${reason}`, remedy });
    }
    const names = waiting.map(describe);
    if (!ready && names.join() !== lastNames) emit({ type: 'waiting', for: names, elapsedMs: clock.now() - startedAt });
    lastNames = names.join();
    if (!ready && clock.now() >= deadline) throw await tooLate(backend, spec, waiting);
    await clock.sleep(ready ? settledAt - lookedAt : poll, stop).catch(() => {
      throw interrupted(spec.name, 'interrupted while the worker was getting ready');
    });
  }
}

/** Whether this apply starts a container that may end at once: it has a program of its own and no healthcheck. */
function startsUnchecked(spec: WorkerSpec, { changes }: Plan): boolean {
  const starts = changes.some(({ action }) => action !== 'none' && action !== 'delete');
  return starts && programsOf(spec).some((container) => container === null || checkOf(container) === null);
}

/** The engine (`null`: Mélodium's) and the containers that run a program of their own, not only mayfly's waiting shell. */
function programsOf({ engine, containers, service_containers }: WorkerSpec) {
  const executors = containers.filter(({ command, entrypoint }) => command ?? entrypoint);
  return [...(engine && onlyWaits(engine) ? [] : [engine]), ...executors, ...service_containers];
}

function describe({ container, for: condition }: Wait): string {
  return `${container}: ${condition}`;
}

async function tooLate(backend: Backend, { name, create_timeout }: WorkerSpec, waiting: readonly Wait[]): Promise<MayflyError> {
  const cause = `not ready within create_timeout (${create_timeout} s), waiting for ${waiting.map(describe).join(', ')}`;
  const remedy = 'see its last lines, correct the spec and apply again';
  return notReady(backend, name, { container: waiting[0]!.container, cause, remedy, timedOut: true });
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
