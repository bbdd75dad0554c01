import type { Cancel, CommandSettings, Streams } from '../backends/ports/sessions.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { applyWorker } from './apply.js';
import { type ArtifactOptions, execAndCollect } from './artifacts/exec-and-collect.js';
import type { Call } from './call.js';
import { destroyWorker } from './destroy.js';
import type { Executed } from './exec.js';
import { locateLiving } from './locate.js';
import type { PlanOptions } from './plan.js';
import { sessionsOf } from './sessions.js';
import type { Cause } from './why-failed.js';
import { identityName, ownIdentity } from '../state/process-identity.js';

export interface RunOptions extends PlanOptions, ArtifactOptions {
  container: string;
  command: string[];
  settings?: CommandSettings;
  streams: Streams;
  /** How a stop of the call ends the command. */
  ending: Pick<Cancel, 'grace' | 'signal'>;
  onPlan(plan: Plan): void;
}

/**
 * Runs one command in a worker of its own: apply, wait until ready, run, collect, destroy. The worker is ended also after a failure; the end records
 * why the command failed, if something else than the command was the cause.
 *
 * @throws MayflyError `worker_exists` where a worker of this name lives: this run must not end it
 */
export async function runInWorker(call: Call, spec: WorkerSpec, options: RunOptions): Promise<Executed> {
  let made = false;
  try {
    await applyWorker(call, spec, {
      ...options,
      // `onPlan` refuses a living worker anyway.
      adopt: true,
      runner: options.runner ?? identityName(ownIdentity()),
      onPlan(plan, backend) {
        if (plan.changes.some(({ before }) => before !== null)) throw exists(spec.name);
        sessionsOf(backend);
        made = true;
        options.onPlan(plan);
      },
    });
    const backend = await locateLiving(call, spec.name, options.backend);
    const ran = await execAndCollect(call, backend, spec, options);
    made = false;
    await endMade(call, spec.name, options, ran.cause);
    return ran;
  } catch (error) {
    // The first cause is the error to report.
    if (made) await endMade(call, spec.name, options, null).catch((failure: unknown) => warnLeft(call, spec.name, failure));
    throw error;
  }
}

/** Ends the worker of a run. The last event has the reason. */
async function endMade(call: Call, worker: string, { backend }: PlanOptions, cause: Cause | null): Promise<void> {
  const reason = cause?.reason ?? 'destroyed';
  try {
    const ended = await destroyWorker(call, worker, { ...(backend && { backend }), ...(cause && { end: { reason, detail: cause.why } }) });
    if ('gone' in ended && cause) call.emit({ type: 'ended', worker, reason, why: cause.why });
  } catch (thrown) {
    const error = toMayflyError(thrown);
    // A failed apply has removed its worker.
    if (error.code !== 'worker_unknown') throw error;
  }
}

function warnLeft(call: Call, worker: string, failure: unknown): void {
  const message = `${worker} could not be ended yet: ${toMayflyError(failure).message}; the keeper ends it in time, or run \`mayfly destroy ${worker}\``;
  call.emit({ type: 'warning', message });
}

function exists(worker: string): MayflyError {
  return new MayflyError('worker_exists', {
    place: { path: worker },
    cause: 'a worker of this name is running, and `run` would end it',
    remedy: `use \`mayfly exec ${worker} -- CMD\`, or give this run another --name`,
  });
}
