import { MayflyError, toMayflyError } from '../../errors.js';
import { commandIdOf } from '../../tasks/command-id.js';
import { collectGrace, dueAfter } from '../../worker/artifacts/rules.js';
import { beginCall, type Call } from '../../worker/call.js';
import { startDetached, stateOfDetached, stopDetached, waitForDetached } from '../../worker/detached/index.js';
import { collectResults } from '../results/collect.js';
import { sizeOf } from '../results/directory.js';
import { expiredCommand, outcomeOfCommand, withoutCommandEnd } from '../results/outcome.js';
import { failureOf, newResults, uncollected } from '../results/states.js';
import { afterFailure, retryAfter } from '../retry.js';
import { hasCommand, type Next, type Run, type WithCommand } from '../run.js';
import { afterWorker, untilOver } from './follow.js';
import { timeLeft, untilNearEnd } from './near-end.js';
import { placeOf, type Parts, type Placed, type Step } from './step.js';

/** The parts of one pass of the step. */
interface Work {
  call: Call;
  parts: Parts;
  place: Placed;
  signal: AbortSignal;
}

/**
 * `running`, with a command: starts it, waits for its end, collects its results. Each is stored before the next one begins, so that another
 * process continues there. If the worker ends before, the run ends with it.
 */
export const followCommand: Step = async (run, parts, signals) => {
  if (!hasCommand(run)) throw new Error(`the run ${run.id} has no command`);
  const place = await placeOf(run, parts);
  const ended = new AbortController();
  const signal = AbortSignal.any([signals.stop, signals.outdated, ended.signal]);
  const call = beginCall(parts.runtime, { emit: (event) => parts.progress(run, event), stop: signal, abort: signal });
  const work = nextOf(run);
  try {
    const objects = await Promise.race([
      untilOver(place, signal),
      ...(work ? [work(run, { call, parts, place, signal }).then(() => null)] : []),
    ]);
    if (objects !== null) await withoutWorker(run, parts, place, { ...signals, objects });
  } finally {
    ended.abort();
  }
};

/** `null`: the worker alone is left. */
function nextOf({ commandAt, commandEnd, results }: Run): ((run: WithCommand, work: Work) => Promise<void>) | null {
  if (commandEnd === null) return commandAt === null ? start : wait;
  return results === null ? collect : null;
}

/** The worker has ended, or its engine. */
async function withoutWorker(run: WithCommand, parts: Parts, place: Placed, ended: Parameters<typeof afterWorker>[3]): Promise<void> {
  const { commandEnd, results } = run;
  if (commandEnd === null || results !== null) {
    return afterWorker(run, parts, place, ended, (next) => commandEnd ?? withoutCommandEnd(next));
  }
  const cause = 'the worker ended before its results were collected';
  await storeFailure(
    run,
    parts,
    new MayflyError('worker_ended', { place: { path: 'results' }, cause, remedy: 'submit the run again' }),
    {},
  );
}

/** Errors that a repeated start would have again. */
const final: readonly string[] = ['usage', 'container_unknown'];

/** A repeated start of the same attempt's command does nothing. */
async function start(run: WithCommand, { call, parts, place }: Work): Promise<void> {
  const { command } = run;
  const env = await parts.envOf(run);
  try {
    await startDetached(call, place.backend, {
      ...detachedPlace(run),
      command: [...command.argv],
      settings: { env, workingDir: command.workingDir ?? undefined, user: command.user ?? undefined },
      ...{ timeout: command.timeout, cap: parts.settings.results.output },
    });
  } catch (thrown) {
    const error = toMayflyError(thrown);
    if (!final.includes(error.code)) throw error;
    const next = { state: 'failed', reason: 'command_not_started', exitCode: null } as const;
    return storeEnd(run, parts, next, { code: error.code, cause: error.message });
  }
  const data = { container: command.container };
  await parts.runs.change(run, { commandAt: parts.runtime.clock.now() }, { type: 'command_started', data });
}

/** Milliseconds from the end of a worker's container to that of the whole worker, and more. */
const workerEndsWithin = 30_000;

async function wait(run: WithCommand, work: Work): Promise<void> {
  const { call, parts, place, signal } = work;
  const end = await Promise.race([
    waitForDetached(call, place.backend, detachedPlace(run)).catch(lostIfUnknown),
    untilNearEnd(run, parts, place, signal).then(() => null),
  ]);
  // The end of the worker may be the cause: then it is seen first.
  if (end?.state === 'lost') await call.clock.sleep(workerEndsWithin, signal);
  const isExpired = end === null || (end.state === 'stopped' && timeLeft(run, parts, place) <= 0);
  const expired = async (): Promise<Next> => {
    await stopDetached(call, place.backend, detachedPlace(run), { grace: collectGrace(run.spec) / 2 });
    const state = await stateOfDetached(call, place.backend, detachedPlace(run));
    return state?.state === 'exited' ? outcomeOfCommand(state) : expiredCommand;
  };
  await storeEnd(run, parts, isExpired ? await expired() : outcomeOfCommand(end), {});
}

/** The command was started, and its container has no record of it. */
function lostIfUnknown(error: unknown): { state: 'lost' } {
  if (error instanceof MayflyError && error.code === 'not_found') return { state: 'lost' };
  throw error;
}

async function storeEnd(run: WithCommand, parts: Parts, commandEnd: Next, more: Readonly<Record<string, unknown>>): Promise<void> {
  const { settings, random, runs } = parts;
  const { reason, exitCode } = commandEnd;
  const event = { type: 'command_ended', data: { reason, exit_code: exitCode, ...more } };
  const isRetried = run.command.retry && commandEnd.state === 'failed' && reason !== 'command_not_started';
  const failed = isRetried ? afterFailure(run, { retry: 'here' }, 0) : null;
  if (failed?.next.state !== 'queued') return void (await runs.change(run, { commandEnd }, event));
  const error = { code: 'command_failed', problems: [{ cause: `the command ended: ${reason}, exit code ${exitCode ?? 'unknown'}` }] };
  const notBefore = (run.lastTryAt ?? 0) + Math.round(retryAfter(failed.tries, settings, random()));
  await runs.change(run, { state: 'ending', ...failed, notBefore }, event, { number: run.attempt, error });
}

async function collect(run: WithCommand, { call, parts, place }: Work): Promise<void> {
  const { runs, settings, results: directory, runtime } = parts;
  const { spec, command, attempt } = run;
  const end = run.commandEnd!;
  try {
    const manifest = await collectResults(
      call,
      place.backend,
      {
        ...{ run: run.id, attempt, exitCode: end.exitCode, worker: place.worker, within: collectGrace(spec) },
        place: run.commandAt === null ? null : detachedPlace(run),
        artifacts: dueAfter(spec.artifacts, end.state === 'failed'),
      },
      directory,
    );
    const results = newResults(command.hold);
    const { missing, files } = manifest;
    const next =
      end.state === 'completed' && missing.length > 0 ? ({ ...end, state: 'failed', reason: 'artifacts_missing' } as const) : end;
    const now = runtime.clock.now();
    const resultsDue = command.hold ? now + settings.results.retention : now;
    const data = { files: files.length, bytes: sizeOf(manifest), ...(missing.length > 0 && { missing }) };
    const event = { type: `results_${results.state}`, data };
    // Another change of the run does not make its results incomplete.
    for (let now: Run | undefined = run; now && isUncollected(now, attempt); now = runs.get(run.id)) {
      if (await runs.change(now, { state: 'ending', next, results, resultsDue }, event)) return;
    }
  } catch (thrown) {
    const error = toMayflyError(thrown);
    if (!isFinal(error)) throw error;
    await storeFailure(run, parts, error, { state: 'ending', next: end });
  }
}

function isUncollected({ state, attempt, results }: Run, of: number): boolean {
  return state === 'running' && attempt === of && results === null;
}

/** Whether another try to collect would fail in the same way. A node that does not answer may answer again. */
function isFinal({ code }: MayflyError): boolean {
  return (
    code === 'storage_full' || code === 'limit_exceeded' || code === 'state_unreadable' || code === 'copy_failed' || code === 'not_found'
  );
}

/** The exit code stays that of the command. */
async function storeFailure(run: Run, { runs }: Parts, error: MayflyError, change: { state?: 'ending'; next?: Next }): Promise<void> {
  const failure = failureOf(error);
  await runs.change(run, { ...change, results: uncollected(failure) }, { type: 'results_failed', data: { ...failure } });
}

function detachedPlace({ id, attempt, worker, command }: WithCommand) {
  return { worker: worker!, container: command.container, id: commandIdOf({ id, attempt }) };
}
