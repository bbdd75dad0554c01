import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.js';
import { toMayflyError } from '../../errors.js';
import type { Cancel } from '../ports/sessions.js';
import { whenAborted } from '../shared/cancel.js';
import { signalFromHost } from './exec-host.js';
import { endMarked, type Marked } from './exec-interrupt.js';
import type { HttpClient } from './http-client.js';

/** Milliseconds after the end of a command's processes in which its output is still read. */
const lastOutput = 500;

/** A running command. */
export interface Running extends Marked {
  http: HttpClient;
  /** Id of the exec. */
  exec: string;
  /** The connection. It closes when the command has ended. */
  socket: Duplex;
  terminal: boolean;
  stderr: NodeJS.WritableStream;
  clock: Clock;
}

/** Ends a command when the cancel asks for it. Finally closes its connection. @returns a function that stops listening to the cancel */
export function endOnCancel(running: Running, cancel: Cancel): () => void {
  const { socket, stderr } = running;
  const closed = new AbortController();
  socket.once('close', () => closed.abort());
  const attempt = async (end: () => Promise<void>) => {
    try {
      await end();
    } catch (error) {
      // A closed connection means that the command has ended.
      if (!closed.signal.aborted) stderr.write(`mayfly: the command may still run in the container: ${toMayflyError(error).message}\n`);
    } finally {
      socket.destroy();
    }
  };
  const listening = [
    whenAborted(cancel.stop, () => void attempt(() => ask(running, cancel, closed.signal))),
    whenAborted(cancel.kill, () => void attempt(() => killNow(running))),
  ];
  return () => listening.forEach((stop) => stop());
}

/** Asks a command to end by a signal: from inside the container, else from its machine, else by Ctrl-C on its terminal. KILL after the grace. */
async function ask(running: Running, cancel: Cancel, closed: AbortSignal): Promise<void> {
  const { http, socket, clock, terminal, stderr } = running;
  const signal = cancel.signal();
  if (await endMarked(http, running, signal, Math.ceil(cancel.grace / 1000))) return clock.sleep(lastOutput, closed);
  const isSent = await signalFromHost(http, running, `SIG${signal}`);
  if (!isSent && !terminal) {
    stderr.write('mayfly: the command continues in the container: its image has no shell, and this process cannot signal it\n');
    return;
  }
  if (!isSent) socket.write('\x03');
  await clock.sleep(cancel.grace, closed);
  await signalFromHost(http, running, 'SIGKILL');
}

async function killNow(running: Running): Promise<void> {
  if (!(await endMarked(running.http, running, 'TERM', 0))) await signalFromHost(running.http, running, 'SIGKILL');
}
