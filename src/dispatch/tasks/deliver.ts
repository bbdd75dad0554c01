import type { Backend } from '../../backends/ports/backend.js';
import { MayflyError, type Problem, toMayflyError } from '../../errors.js';
import type { Log } from '../../log.js';
import { graceSeconds } from '../../spec/worker-spec.js';
import { acknowledge, begin, giveBack, refuse } from '../../tasks/delivery.js';
import type { Task } from '../../tasks/task.js';
import { beginCall, type Call } from '../../worker/call.js';
import {
  type DetachedEnd,
  type DetachedPart,
  type DetachedPlace,
  outputOfDetached,
  removeDetached,
  startAndFollowDetached,
  stateOfDetached,
  stopDetached,
} from '../../worker/detached/index.js';
import type { Runtime } from '../../worker/runtime.js';
import type { Run } from '../run.js';
import { runOfWorker } from '../worker-name.js';
import { type CarryParts, carryFiles } from './carry.js';
import { outputCap, type TaskOutputs } from './outputs.js';
import { holds } from './run-workers.js';

/** What a task gets beside its command. Its parts may be secret. */
export interface TaskInput {
  env: Readonly<Record<string, string>>;
  /** Its standard input; `null`: empty. */
  input: string | null;
  /** The command that replaces the task's own on this node. */
  command?: readonly string[];
}

export interface DeliveryParts extends CarryParts {
  runtime: Runtime;
  runs: { get(id: string): Run | undefined };
  outputs: TaskOutputs;
  /** @throws MayflyError `state_unreadable` where it cannot be decrypted, `not_possible` where the node may not do it */
  inputOf(task: Task, node: string): Promise<TaskInput>;
  log: Log;
}

/**
 * How a delivery ended for its worker: with a result, or without one because of a cause. `exitCode`: `null` where the command has not exited.
 * `gone`: the worker has ended.
 */
export type Delivered = { result: true; exitCode: number | null } | { result: false; cause: string; gone: boolean };

export interface DeliverySignals {
  /** Aborts when this process ends: the command continues, and the next process continues. */
  stop: AbortSignal;
  /** Aborts when the task or its run has changed; another signal follows it. */
  outdated(): AbortSignal;
}

/** Milliseconds before a node that did not answer is asked again. */
const askAgainAfter = 2000;

/**
 * Carries one delivery of a task to its end: starts its command, waits for it, reads its output, and acknowledges the delivery or gives it
 * back. Each step may be repeated by a later process.
 *
 * @returns `null`: this process ends, or another change has ended the delivery
 */
export async function deliver(id: string, token: string, parts: DeliveryParts, signals: DeliverySignals): Promise<Delivered | null> {
  try {
    return await carry(id, token, parts, signals);
  } finally {
    await parts.outputs.drop(id);
  }
}

async function carry(id: string, token: string, parts: DeliveryParts, signals: DeliverySignals): Promise<Delivered | null> {
  const { tasks, runs, runtime, log } = parts;
  for (;;) {
    const task = tasks.get(id);
    if (signals.stop.aborted || task?.token !== token) return null;
    const run = runs.get(runOfWorker(task.worker ?? '')?.run ?? '');
    if (!run || !holds(run, task.worker)) return lose(task, parts, { cause: 'its worker has ended' }, true);
    const outdated = signals.outdated();
    const call = beginCall(runtime, { stop: AbortSignal.any([signals.stop, outdated]) });
    try {
      const delivered = await step(task, run, parts, call);
      // Files that could not be copied have given the delivery back.
      const wasGivenBack = !delivered && tasks.get(id)?.token !== token;
      if (delivered?.result || wasGivenBack) await removeFiles(task, run.node!, parts, signals.stop);
      if (delivered) return delivered;
    } catch (thrown) {
      // The step may have changed its state.
      const now = tasks.get(id);
      if (call.stop.aborted || now?.token !== token) continue;
      const error = toMayflyError(thrown);
      const delivered = await afterError(now, parts, error);
      if (delivered) return delivered;
      log.warn({ task: id, worker: task.worker, cause: error.message }, 'a delivery could not be followed, and is looked at again');
      await runtime.clock.sleep(askAgainAfter, call.stop).catch(() => {});
    }
  }
}

/** Removes the files of a finished delivery from its worker. They end with the worker if that fails. */
async function removeFiles(
  { id, worker, container, token }: Task,
  node: string,
  { runtime, log }: DeliveryParts,
  stop: AbortSignal,
): Promise<void> {
  const call = beginCall(runtime, { stop });
  try {
    await removeDetached(call, await call.openNode(node), { worker: worker!, container, id: token! });
  } catch (thrown) {
    if (!stop.aborted)
      log.warn({ task: id, worker, cause: toMayflyError(thrown).message }, 'the files of a finished task could not be removed');
  }
}

/** @returns `null`: another step follows */
async function step(task: Task, run: Run, parts: DeliveryParts, call: Call): Promise<Delivered | null> {
  const backend = await call.openNode(run.node!);
  const at = { call, backend, place: { worker: task.worker!, container: task.container, id: task.token! } };
  if (task.stopping && !(await stop(task, parts, at))) return { result: true, exitCode: null };
  const begins = task.state === 'scheduled' && !task.stopping;
  if (begins && !(await inputsHere(task, run, parts, at))) return null;
  const { state: end, cut } = begins ? await start(task, run.node!, parts, at) : await follow(task, parts, at);
  return end.state === 'running' ? null : settle(task, run, parts, at, end, cut);
}

/** The command of a delivery. */
interface At {
  call: Call;
  backend: Backend;
  place: DetachedPlace;
}

/** Brings the files of a task into its worker, unless a process that was killed has started the command. @returns whether it may start */
async function inputsHere(task: Task, run: Run, parts: DeliveryParts, { call, backend, place }: At): Promise<boolean> {
  if (task.files.in.length === 0 || (await stateOfDetached(call, backend, place)) !== null) return true;
  return carryFiles(task, 'in', run.id, parts, call, { backend, place });
}

/** Starts the command, and writes its output as long as the connection lasts. */
async function start(task: Task, node: string, { tasks, inputOf, outputs }: DeliveryParts, { call, backend, place }: At) {
  const { env, input, command = task.command } = await inputOf(task, node);
  const own = { MAYFLY_TASK_ID: task.id, MAYFLY_TASK_ATTEMPT: String(task.attempt) };
  // A start that was repeated writes the output from its first byte on again.
  await outputs.drop(task.id);
  const { sink } = await outputs.begin(task.id);
  let begun: Promise<unknown> = Promise.resolve();
  const started = () => {
    begun = tasks.change(task.id, (now, at) => (now.state === 'scheduled' ? begin(now, place.id, at) : null));
    // The promise is awaited below.
    begun.catch(() => {});
  };
  const settings = { env: { ...env, ...own } };
  const options = { ...place, command: [...command], settings, input, timeout: task.timeout, cap: outputCap };
  try {
    return await startAndFollowDetached(call, backend, options, { started, sink });
  } finally {
    await begun;
  }
}

/** Writes the output from where it was left, until the command's end. */
async function follow({ id }: Task, { outputs }: DeliveryParts, { call, backend, place }: At): Promise<DetachedPart> {
  const live = await outputs.begin(id);
  return outputOfDetached(call, backend, place, { from: await live.written(), follow: true }, live.sink);
}

/** Ends the command of a task that somebody wants to end. @returns `false`: it was never started, and the task is stopped */
async function stop(task: Task, parts: DeliveryParts, { call, backend, place }: At): Promise<boolean> {
  try {
    await stopDetached(call, backend, place, { grace: graceSeconds * 1000 });
    return true;
  } catch (error) {
    if (!(error instanceof MayflyError) || error.code !== 'not_found') throw error;
    await parts.tasks.change(task.id, (now, at) => acknowledge(now, place.id, { outcome: { state: 'stopped' }, output: null, now: at }));
    return false;
  }
}

/**
 * Stores the output, and acknowledges the delivery. A command that is gone without a result gives it back, as do files that cannot be copied.
 *
 * @returns `null`: another step follows
 */
async function settle(task: Task, run: Run, parts: DeliveryParts, { call, ...at }: At, end: DetachedEnd, cut: boolean) {
  const { tasks, outputs } = parts;
  const { id } = at.place;
  if (end.state === 'lost') return lose(task, parts, { cause: 'its command is gone, and has written no exit code' }, false);
  const output = await outputs.keep(task, cut);
  // A process that was killed has started the command, and has not stored it.
  await tasks.change(task.id, (now, at) => (now.state === 'scheduled' ? begin(now, id, at) : null));
  const givesFiles = task.files.out.length > 0 && end.state === 'exited' && end.code === 0;
  if (givesFiles && !task.stopping && !(await carryFiles(task, 'out', run.id, parts, call, at))) return null;
  // A stop while the files were copied: the command has done its part, and the task has not.
  const outcome = givesFiles && task.stopping ? ({ state: 'stopped' } as const) : end;
  await tasks.change(task.id, (now, at) => acknowledge(now, id, { outcome, output, now: at }));
  return { result: true as const, exitCode: outcome.state === 'exited' ? outcome.code : null };
}

/** Gives the delivery back. */
async function lose({ id, token }: Task, { tasks }: DeliveryParts, failure: Problem, gone: boolean): Promise<Delivered> {
  await tasks.change(id, (task, now) => (task.token === token ? giveBack(task, token!, { failure, now }) : null));
  return { result: false, cause: failure.cause, gone };
}

/** @returns `null`: the command may run, and is asked for again */
async function afterError(task: Task, parts: DeliveryParts, error: MayflyError): Promise<Delivered | null> {
  const failure = { ...error.problems[0]!, cause: error.message };
  if (error.code === 'worker_ended') return lose(task, parts, failure, true);
  // A start with the same id can be repeated.
  if (error.code === 'backend_unreachable') return null;
  if (task.state === 'running') return error.code === 'not_found' ? lose(task, parts, failure, false) : null;
  if (error.retry !== 'never') return task.stopping ? null : lose(task, parts, failure, false);
  await parts.tasks.change(task.id, (now, at) => (now.token === task.token ? refuse(now, now.token!, { failure, now: at }) : null));
  return { result: true, exitCode: null };
}
