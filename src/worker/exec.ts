import type { Backend } from '../backends/ports/backend.js';
import type { Cancel, CommandSettings, Streams } from '../backends/ports/sessions.js';
import { MayflyError, type ErrorCode, toMayflyError } from '../errors.js';
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
  const { worker, container, command, settings, streams, ending } = options;
  const startedAt = call.clock.now();
  let code: number | undefined;
  let failure: unknown;
  try {
    code = await sessionsOf(backend).exec(worker, container, {
      ...settings,
      command,
      streams,
      cancel: { ...ending, stop: call.stop, kill: call.abort },
    });
  } catch (error) {
    if (call.stop.aborted || (error instanceof MayflyError && notStarted.has(error.code))) throw error;
    failure = error;
  }
  if (code === 0 || call.stop.aborted) return { code: code!, cause: null };
  const cause = await causeOf(call, backend, { worker, container, startedAt, code });
  if (code === undefined && cause === null) throw failure;
  return { code: commandCodeOf(cause?.reason ?? null, code), cause };
}

/** A failed question is only a warning: the command's own failure is the first cause. */
async function causeOf(call: Call, backend: Backend, failed: FailedCommand): Promise<Cause | null> {
  try {
    return await whyFailed(call, backend, failed);
  } catch (error) {
    const message = `it is not known whether ${failed.worker} was the cause: ${toMayflyError(error).message}`;
    if (!call.stop.aborted && failed.code !== undefined) call.emit({ type: 'warning', message });
    return null;
  }
}
