import type { Cancel } from '../../backends/ports/sessions.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { PlannedCopy } from '../../plan/plan.js';
import type { ArtifactSpec, WorkerSpec } from '../../spec/worker-spec.js';
import { type Collected, collectFrom } from '../../worker/artifacts/collect.js';
import { codeWith, collectGrace, dueAfter } from '../../worker/artifacts/rules.js';
import { makeCopies } from '../../worker/copies/put.js';
import { commandCodeOf } from '../../worker/exit-code.js';
import { replaced } from '../../worker/why-failed.js';
import { ServiceClient } from '../client.js';
import { isFinal, type RunReply } from '../documents.js';
import { execInRun, type RemoteExec, type RemotelyExecuted } from '../exec/exec.js';
import { filesInRun } from '../files.js';
import { follow } from '../follow.js';
import { heldLabel } from '../held.js';
import { holdRun } from '../hold.js';
import type { Connection } from '../http.js';
import { livingRun } from '../take.js';

export interface RemoteRun {
  /** Without its copies and artifacts: this machine makes them. */
  file: Record<string, unknown>;
  spec: WorkerSpec;
  /** Copies of the spec and of the command line. */
  copies: readonly PlannedCopy[];
  artifacts: readonly ArtifactSpec[];
  /** Where artifacts are put. */
  directory: string;
  env: Record<string, string | undefined>;
  exec: Omit<RemoteExec, 'cancel'>;
  cancel: Cancel;
  /** The key of the request: a repeated one makes no second run. */
  key: string;
  /** Ends a living run of this name first, if `mayfly run` queued it. */
  replace: boolean;
  clock: Clock;
  emit: Emit;
  onChange(run: RunReply): void;
  onCollected(collected: readonly Collected[]): void;
  /** The error of a run whose worker was not made. */
  failed(run: RunReply): MayflyError;
}

/**
 * Runs one command in a run of its own: queue, wait until ready, copy, run, collect, end. The run is ended also after a failure; the service
 * ends it if this process is killed.
 *
 * @param connection its signal ends when requests must end, not when the command must
 * @throws MayflyError; the reason of `cancel.stop` after a cancel
 */
export async function runInService(connection: Connection, options: RemoteRun): Promise<RemotelyExecuted> {
  const { spec, file, key, cancel, clock } = options;
  const client = new ServiceClient(connection);
  if (options.replace) await endEarlier(client, spec.name, { clock, signal: cancel.stop });
  cancel.stop.throwIfAborted();
  const { id } = await client.submit(file, { key, labels: { [heldLabel]: 'true' } });
  const release = holdRun(connection, id);
  const giveWay = async () => !cancel.stop.aborted && (await wasReplaced(client, id));
  const gaveWay = { code: commandCodeOf('replaced', undefined), why: replaced.why };
  try {
    const ran = await commandIn(client, connection, id, options);
    return ran.why !== null && (await giveWay()) ? gaveWay : ran;
  } catch (error) {
    if (await giveWay()) return gaveWay;
    throw error;
  } finally {
    await endRun(client, id, options);
    release();
  }
}

async function commandIn(client: ServiceClient, connection: Connection, id: string, options: RemoteRun): Promise<RemotelyExecuted> {
  const { spec, copies, artifacts, clock, emit, env, exec, cancel, onChange, onCollected } = options;
  const run = await follow(client, id, ({ state }) => state === 'running', { clock, signal: cancel.stop, onChange });
  if (run.state !== 'running') throw options.failed(run);
  // By this machine's clock, which may differ from the service's.
  const ends = clock.now() + spec.max_duration * 1000;
  const filesOf = (container: string) => filesInRun(connection, id, container);
  const sessions = { files: (_worker: string, container: string) => filesOf(container) };
  await makeCopies(copies, { sessions, worker: spec.name, env, clock, emit, signal: cancel.stop });
  const within = collectGrace(spec);
  const limits = artifacts.length > 0 ? expiry(ends, within, clock) : null;
  let ran: RemotelyExecuted | undefined;
  let collected: Collected[] = [];
  try {
    ran = await execInRun(connection, id, { ...exec, cancel: limits ? limits.before(cancel) : cancel }).catch((error: unknown) => {
      if (cancel.stop.aborted || !limits?.stop.aborted) throw error;
      return { code: commandCodeOf('expired', undefined), why: `expired after ${spec.max_duration} s` };
    });
  } finally {
    limits?.release();
    collected = await collectFrom({ clock, emit, abort: cancel.kill }, filesOf, dueAfter(artifacts, ran?.code !== 0), {
      ...{ directory: options.directory, within },
    });
    onCollected(collected);
  }
  return { ...ran, code: codeWith(ran.code, collected) };
}

/** Ends a command before its worker, so that there is time for its artifacts: by TERM `within` ms before the end, by KILL at half of it. */
function expiry(ends: number, within: number, clock: Clock) {
  const [stop, kill, done] = [new AbortController(), new AbortController(), new AbortController()];
  const after = (ms: number, act: () => void) => void clock.sleep(Math.max(0, ms), done.signal).then(act, () => {});
  after(ends - within - clock.now(), () => stop.abort());
  after(ends - within / 2 - clock.now(), () => kill.abort());
  return {
    stop: stop.signal,
    before: (cancel: Cancel): Cancel => ({
      ...cancel,
      stop: AbortSignal.any([cancel.stop, stop.signal]),
      kill: AbortSignal.any([cancel.kill, kill.signal]),
    }),
    release: () => done.abort(),
  };
}

/** Ends the run, and waits until its worker is gone. The first failure is the one to report: this one is a warning. */
async function endRun(client: ServiceClient, id: string, { clock, cancel, emit }: RemoteRun): Promise<void> {
  try {
    if (!isFinal(await client.cancel(id, 'its command has ended'))) await follow(client, id, isFinal, { clock, signal: cancel.kill });
  } catch (error) {
    const message = `the run ${id} could not be ended yet: ${error instanceof Error ? error.message : String(error)}; the service ends it soon`;
    emit({ type: 'warning', message });
  }
}

/** Ends a living run of the name. @throws MayflyError `worker_exists` where `mayfly run` did not queue it */
async function endEarlier(client: ServiceClient, name: string, options: { clock: Clock; signal: AbortSignal }): Promise<void> {
  const living = await livingRun(client, name, options);
  if (!living) return;
  if (living.labels[heldLabel] !== 'true') {
    const cause = `the living run ${living.id} was not queued by \`mayfly run\``;
    throw new MayflyError('worker_exists', { place: { path: name }, cause, remedy: `end it with \`mayfly destroy ${name}\`` });
  }
  await client.cancel(living.id, replaced.why);
  await follow(client, living.id, isFinal, options);
}

/** Whether a later `run --replace` has ended the run. */
async function wasReplaced(client: ServiceClient, id: string): Promise<boolean> {
  const events = await client.events(id).catch(() => []);
  return events.some(({ type, data }) => type === 'cancel_asked' && data['justification'] === replaced.why);
}
