import { randomUUID } from 'node:crypto';
import { type Duplex, PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Clock, systemClock } from '../../clock.js';
import type { Cancel, ExecOptions, Terminal } from '../ports/sessions.js';
import { whenAborted } from '../shared/cancel.js';
import { endOnCancel } from './exec-ending.js';
import { markName } from './exec-interrupt.js';
import { Demultiplexer } from './frames.js';
import { EngineError, type HttpClient } from './http-client.js';

/** Message for a missing command. Older daemons return 126 for it; shells and newer daemons return 127. */
const notFound = /^OCI runtime exec failed: .*(executable file not found|no such file or directory)/;

/**
 * Runs a command in a container, with separate streams unless it has a terminal. A cancel ends the command in the container too.
 *
 * @returns its exit code. @throws the reason of `cancel.stop` if it aborts
 */
export async function execIn(
  http: HttpClient,
  id: string,
  { command, env = {}, workingDir, user, streams, cancel, abandon }: ExecOptions,
  clock: Clock = systemClock,
): Promise<number> {
  const { stop: signal } = cancel;
  const { terminal = null } = streams;
  const tty = terminal !== null;
  const mark = randomUUID();
  const { Id } = await http.json<{ Id: string }>('POST', `/containers/${id}/exec`, {
    body: {
      Cmd: command,
      Env: [...Object.entries(env).map(([name, value]) => `${name}=${value}`), `${markName}=${mark}`],
      ...(workingDir !== undefined && { WorkingDir: workingDir }),
      ...(user !== undefined && { User: user }),
      AttachStdin: streams.stdin !== null,
      AttachStdout: true,
      AttachStderr: true,
      Tty: tty,
    },
    signal,
  });
  const socket = await open(http, Id, tty, clock, cancel);
  let head: string | undefined;
  const stopEnding = endOnCancel(
    { http, container: id, user, mark, exec: Id, socket, terminal: tty, stderr: streams.stderr, clock },
    cancel,
  );
  const stopAbandoning = abandon && whenAborted(abandon, () => void socket.destroy());
  const stopResizing = terminal && followSize(http, clock, Id, terminal, () => socket.destroyed);
  try {
    // The command may end before it has read all of its input.
    if (streams.stdin) void pipeline(streams.stdin, socket).catch(() => {});
    const output = socket.pipe(terminal ? new PassThrough() : new Demultiplexer(streams.stderr));
    socket.on('error', (error) => output.destroy(error));
    socket.on('close', () => output.end());
    for await (const chunk of output as AsyncIterable<Buffer>) {
      head ??= chunk.toString('utf8', 0, 1024);
      if (!streams.stdout.write(chunk)) await new Promise<void>((resolve) => streams.stdout.once('drain', resolve));
    }
  } finally {
    stopEnding();
    stopAbandoning?.();
    stopResizing?.();
    socket.destroy();
  }
  signal.throwIfAborted();
  const { ExitCode } = await http.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`, { signal });
  return ExitCode === 126 && notFound.test(head ?? '') ? 127 : (ExitCode ?? 0);
}

/**
 * Starts the command, unless the cancel comes first. A start in flight cannot be called back, so the connection that is needed to end the
 * command still gets the grace to open.
 */
async function open(http: HttpClient, exec: string, tty: boolean, clock: Clock, { stop, grace }: Cancel): Promise<Duplex> {
  stop.throwIfAborted();
  const [opening, opened] = [new AbortController(), new AbortController()];
  const giveUp = () =>
    void clock.sleep(grace, opened.signal).then(
      () => opening.abort(stop.reason),
      () => {},
    );
  stop.addEventListener('abort', giveUp, { once: true });
  try {
    return await http.hijack('POST', `/exec/${exec}/start`, { body: { Detach: false, Tty: tty }, signal: opening.signal });
  } finally {
    stop.removeEventListener('abort', giveUp);
    opened.abort();
  }
}

/** Number of attempts to set a size, and milliseconds between them: the daemon answers before the command has begun. */
const sizeTries = 20;
const sizePause = 25;

/**
 * Sets the size of a command's terminal to the size of ours, now and after each change. Errors are ignored: a wrong size must not end a
 * command. Only one call runs at a time, because of two the older could arrive last.
 */
export function followSize(
  http: Pick<HttpClient, 'text'>,
  clock: Clock,
  exec: string,
  terminal: Terminal,
  hasEnded: () => boolean,
): () => void {
  let due = false;
  let sending = false;
  const send = async () => {
    const { rows, columns } = terminal.size();
    if (rows > 0 && columns > 0) await http.text('POST', `/exec/${exec}/resize`, { query: { h: rows, w: columns } });
  };
  const sendDue = async () => {
    let tries = sizeTries;
    while (due && tries > 0 && !hasEnded()) {
      due = false;
      try {
        await send();
      } catch (error) {
        if (!(error instanceof EngineError)) return;
        due = true;
        tries -= 1;
        await clock.sleep(sizePause);
      }
    }
  };
  const onChange = () => {
    due = true;
    if (sending) return;
    sending = true;
    void sendDue().finally(() => (sending = false));
  };
  onChange();
  return terminal.onResize(onChange);
}
