import type { Backend } from '../backends/ports/backend.js';
import type { Cancel, CommandSettings, ExecOptions as SessionOptions, Streams } from '../backends/ports/sessions.js';
import { MayflyError, type ErrorCode, toMayflyError } from '../errors.js';
import { isRetained } from '../lease/deadline.js';
import type { Call } from './call.js';
import { commandCodeOf } from './exit-code.js';
import { sessionsOf } from './sessions.js';
import { type Cause, type FailedCommand, whyFailed } from './why-failed.js';

export interface ExecOptions {
  worker: string;
  container: string;
  command: string[];
  settings?: CommandSettings;
  streams: Streams;
  /** How a stop of the call ends the command. */
  ending: Pick<Cancel, 'grace' | 'signal'>;
}

export interface Executed {
  /** The command's exit code, or that of the cause. */
  code: number;
  /** Why the command failed; `null`: it did not, or it failed by itself. */
  cause: Cause | null;
}

/** Errors of commands that did not start. */
const notStarted: ReadonlySet<ErrorCode> = new Set(['usage', 'container_unknown', 'not_ready', 'worker_ended']);

/**
 * Runs a command in a container of a living worker. If the command failed, it finds out whether something else was the cause.
 *
 * @throws MayflyError of `Sessions.exec`; the stop signal's reason if it aborts
 */
export async function execInWorker(call: Call, backend: Backend, options: ExecOptions): Promise<Executed> {
  const { worker, container } = options;
  return runCommand(call, options, {
    async exec(own) {
      try {
        return await sessionsOf(backend).exec(worker, container, own);
      } catch (error) {
        throw (await stopped(backend, options, error)) ?? error;
      }
    },
    why: (failed) => whyFailed(call, backend, failed),
  });
}

/** The error for a command in a retained worker, whose containers are stopped; `null`: the error has another cause. */
async function stopped(backend: Backend, { worker, container, command }: ExecOptions, error: unknown): Promise<MayflyError | null> {
  if (!(error instanceof MayflyError) || error.code !== 'not_ready' || !isRetained(await backend.list(worker))) return null;
  const run = `mayfly exec ${worker} ${container} --fresh -- ${command.join(' ')}`;
  return new MayflyError('not_ready', {
    place: { path: worker },
    cause: 'the worker is retained, with its containers stopped',
    remedy: backend.sessions?.fresh ? `use a new container with the same image and volumes: ${run}` : 'read its files with `mayfly cp`',
  });
}

/** The container of a command. */
interface Place {
  exec(options: SessionOptions): Promise<number>;
  /** Why a command failed in it; `null`: by itself. */
  why(failed: FailedCommand): Promise<Cause | null>;
}

export async function runCommand(call: Call, options: ExecOptions, { exec, why }: Place): Promise<Executed> {
  const { worker, container, command, settings, streams, ending } = options;
  const startedAt = call.clock.now();
  let code: number | undefined;
  let failure: unknown;
  try {
    code = await exec({ ...settings, command, streams, cancel: { ...ending, stop: call.stop, kill: call.abort } });
  } catch (error) {
    if (call.stop.aborted || (error instanceof MayflyError && notStarted.has(error.code))) throw error;
    failure = error;
  }
  if (code === 0 || call.stop.aborted) return { code: code!, cause: null };
  const cause = await causeOf(call, why, { worker, container, startedAt, code });
  if (code === undefined && cause === null) throw failure;
  return { code: commandCodeOf(cause?.reason ?? null, code), cause };
}

/** A failed question is only a warning: the command's own failure is the first cause. */
async function causeOf(call: Call, why: Place['why'], failed: FailedCommand): Promise<Cause | null> {
  try {
    return await why(failed);
  } catch (error) {
    const message = `it is not known whether ${failed.worker} was the cause: ${toMayflyError(error).message}`;
    if (!call.stop.aborted && failed.code !== undefined) call.emit({ type: 'warning', message });
    return null;
  }
}
