import type { Backend } from '../backends/ports/backend.js';
import type { Cancel, Streams } from '../backends/ports/sessions.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { EndReason } from '../events.js';
import { dueReason, isExpired } from '../lease/deadline.js';
import type { Plan } from '../plan/plan.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { applyWorker } from './apply.js';
import { destroyWorker } from './destroy.js';
import { endingsOf } from './endings.js';
import { timeUpCode } from './exit-code.js';
import type { Call } from './call.js';
import { locateLiving } from './locate.js';
import type { PlanOptions } from './plan.js';
import { sessionsOf } from './sessions.js';
import { nodeNow } from '../lease/node-now.js';

export interface RunOptions extends PlanOptions {
  container: string;
  command: string[];
  streams: Streams;
  /** How a stop of the call ends the command. */
  ending: Pick<Cancel, 'grace' | 'signal'>;
  onPlan(plan: Plan): void;
}

export interface Ran {
  /** The command's exit code; `timeUpCode` where its worker expired before it ended. */
  code: number;
  /** Why the worker ended before the command did; `null`: it did not. */
  ended: EndReason | null;
}

/**
 * Runs one command in a worker of its own: apply, wait until ready, run, destroy. The worker is ended also after a failure.
 *
 * @throws MayflyError `worker_exists` where a worker of this name lives: this run must not end it
 */
export async function runInWorker(call: Call, spec: WorkerSpec, options: RunOptions): Promise<Ran> {
  const startedAt = call.clock.now();
  let made = false;
  let code: number | undefined;
  let failure: unknown;
  let ended: EndReason | null = null;
  let backend: Backend | undefined;
  try {
    await applyWorker(call, spec, {
      ...options,
      // `onPlan` refuses a living worker anyway.
      adopt: true,
      onPlan(plan, backend) {
        if (plan.changes.some(({ before }) => before !== null)) throw exists(spec.name);
        sessionsOf(backend);
        made = true;
        options.onPlan(plan);
      },
    });
    backend = await locateLiving(call, spec.name, options.backend);
    code = await sessionsOf(backend)
      .exec(spec.name, options.container, options.command, options.streams, { ...options.ending, stop: call.stop, kill: call.abort })
      .catch((error: unknown) => void (failure = error));
    if (code !== 0) ended = await dueNow(call, backend, spec.name);
  } finally {
    if (made) await endMade(call, spec.name, options);
  }
  // A keeper that ends a worker early records why. `endMade` has waited for that.
  if (code !== 0) ended ??= await endedSince(call, backend, spec.name, startedAt);
  if (failure !== undefined && (ended !== 'expired' || call.stop.aborted)) throw failure;
  return { code: ended === 'expired' ? timeUpCode : code!, ended };
}

/** Why a living worker has to end now; `null`: it may live, or has ended. */
async function dueNow({ clock }: Call, backend: Backend, worker: string): Promise<EndReason | null> {
  const objects = await backend.list(worker);
  const now = await nodeNow(backend, clock);
  if (objects.length === 0) return null;
  // Expiry comes first: a keeper that ends an expired worker stops its engine too.
  return isExpired(objects, now) ? 'expired' : dueReason(objects, now);
}

/** Why another process ended the worker; `null`: none did. */
async function endedSince(call: Call, backend: Backend, worker: string, since: number): Promise<EndReason | null> {
  const entry = (await endingsOf(call, worker, [backend])).find(({ endedAt, reason }) => endedAt >= since && reason !== 'destroyed');
  return entry?.reason ?? null;
}

async function endMade(call: Call, worker: string, { backend }: PlanOptions): Promise<void> {
  try {
    await destroyWorker(call, worker, backend ? { backend } : {});
  } catch (thrown) {
    const error = toMayflyError(thrown);
    // A failed apply has removed its worker.
    if (error.code !== 'worker_unknown') throw error;
  }
}

function exists(worker: string): MayflyError {
  return new MayflyError('worker_exists', {
    place: { path: worker },
    cause: 'a worker of this name is running, and `run` would end it',
    remedy: `use \`mayfly exec ${worker} -- CMD\`, or give this run another --name`,
  });
}
