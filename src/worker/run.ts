import type { Cancel, CommandSettings, Streams } from '../backends/ports/sessions.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { applyWorker } from './apply.js';
import { type ArtifactOptions, execAndCollect } from './artifacts/exec-and-collect.js';
import type { Call } from './call.js';
import { type Claim, openClaim } from './claim.js';
import { destroyWorker } from './destroy.js';
import type { Executed } from './exec.js';
import { commandCodeOf } from './exit-code.js';
import { locateLiving } from './locate.js';
import type { PlanOptions } from './plan.js';
import { whyNotStarted } from './ready.js';
import { endEarlier, patient } from './replace.js';
import { type RetainOptions, retainFailed } from './retain.js';
import { sessionsOf } from './sessions.js';
import { type Cause, replaced } from './why-failed.js';
import { identityName, ownIdentity } from '../state/process-identity.js';

export interface RunOptions extends PlanOptions, ArtifactOptions, RetainOptions {
  container: string;
  command: string[];
  settings?: CommandSettings;
  streams: Streams;
  /** How a stop of the call ends the command. */
  ending: Pick<Cancel, 'grace' | 'signal'>;
  onPlan(plan: Plan): void;
  /** End a living worker of this name first, if an earlier run of this spec made it. */
  replace?: boolean;
}

type OwnOptions = RunOptions & { runner: string };

const giveWay: Executed = { code: commandCodeOf('replaced', undefined), cause: replaced };

/** Attempts to replace: a worker of yet another run may come between. */
const replaceTries = 5;

/**
 * Runs one command in a worker of its own: apply, wait until ready, run, collect, destroy or retain. The worker is ended also after a
 * failure; the end records why the command failed, if something else than the command was the cause. A run that a later `--replace` ends has
 * the cause `replaced`.
 *
 * @throws MayflyError `worker_exists` where a worker of this name lives that this run must not end
 */
export async function runInWorker(call: Call, spec: WorkerSpec, options: RunOptions): Promise<Executed> {
  const { replace = false, runner = identityName(ownIdentity()) } = options;
  const claim = await openClaim(call, spec.name, replace);
  const claimed = { ...(replace ? patient(call) : call), stop: AbortSignal.any([call.stop, claim.lost]) };
  const own = { ...options, runner };
  try {
    for (let tries = replace ? replaceTries : 1; ; tries -= 1) {
      if (replace) await endEarlier(claimed, spec.name, options);
      const ran = await runOnce(claimed, spec, own, claim);
      if (ran !== 'exists') return ran;
      if (tries === 1) throw exists(spec.name);
    }
  } catch (error) {
    if (!claim.lost.aborted || call.stop.aborted) throw error;
    call.emit({ type: 'ended', worker: spec.name, reason: 'replaced', why: replaced.why });
    return giveWay;
  } finally {
    await claim.release();
  }
}

/** @returns `exists` where a worker of this name lives */
async function runOnce(call: Call, spec: WorkerSpec, options: OwnOptions, claim: Claim): Promise<Executed | 'exists'> {
  let made = false;
  let found = false;
  // The backend is known from the plan on: others are not asked.
  const on = { ...options };
  try {
    await applyWorker(call, spec, {
      ...options,
      // `onPlan` refuses a living worker anyway.
      adopt: true,
      commandIn: options.container,
      onPlan(plan, backend) {
        found = plan.changes.some(({ before }) => before !== null);
        if (found) throw exists(spec.name);
        sessionsOf(backend);
        made = true;
        on.backend = backend.name;
        options.onPlan(plan);
      },
    });
    const backend = await locateLiving(call, spec.name, on.backend);
    const ran = await execAndCollect(call, backend, spec, options).catch(async (error: unknown) => {
      throw await whyNotStarted(backend, spec, error);
    });
    if (await retainFailed(call, backend, spec, ran, options)) return ran;
    made = false;
    await endMade(call, spec.name, on, ran.cause);
    return ran;
  } catch (error) {
    if (found) return 'exists';
    if (!made) throw error;
    const cause = claim.lost.aborted ? replaced : null;
    // The first cause is the error to report.
    await endMade(call, spec.name, on, cause).catch((failure: unknown) => warnLeft(call, spec.name, failure));
    if (cause) return giveWay;
    throw error;
  }
}

/** Ends the worker of a run. The last event has the reason. */
async function endMade(call: Call, worker: string, { backend, runner }: OwnOptions, cause: Cause | null): Promise<void> {
  const reason = cause?.reason ?? 'destroyed';
  const end = cause && { end: { reason, detail: cause.why } };
  try {
    const ended = await destroyWorker(call, worker, { ...(backend && { backend }), runner, ...end });
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
    remedy: `use \`mayfly exec ${worker} -- CMD\`, give this run another --name, or end an earlier run with --replace`,
  });
}
