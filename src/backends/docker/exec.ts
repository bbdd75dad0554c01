import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Clock, systemClock } from '../../clock.js';
import type { Streams, Terminal } from '../backend.js';
import { Demultiplexer } from './frames.js';
import { EngineError, type HttpClient } from './http-client.js';

/** Older daemons say 126 of a command that is not there, where shells and newer ones say 127. */
const notFound = /^OCI runtime exec failed: .*(executable file not found|no such file or directory)/;

/** Runs a command in a container, streams apart unless it has a terminal. @returns its exit code. */
export async function execIn(
  http: HttpClient,
  id: string,
  command: string[],
  streams: Streams,
  signal?: AbortSignal,
  clock: Clock = systemClock,
): Promise<number> {
  const { terminal = null } = streams;
  const { Id } = await http.json<{ Id: string }>('POST', `/containers/${id}/exec`, {
    body: { Cmd: command, AttachStdin: streams.stdin !== null, AttachStdout: true, AttachStderr: true, Tty: terminal !== null },
    signal,
  });
  const socket = await http.hijack('POST', `/exec/${Id}/start`, { body: { Detach: false, Tty: terminal !== null }, signal });
  let head: string | undefined;
  const abort = () => socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  const stopResizing = terminal && followSize(http, clock, Id, terminal, () => socket.destroyed);
  try {
    // The command may end without reading all of its input.
    if (streams.stdin) void pipeline(streams.stdin, socket).catch(() => {});
    const output = socket.pipe(terminal ? new PassThrough() : new Demultiplexer(streams.stderr));
    socket.on('error', (error) => output.destroy(error));
    socket.on('close', () => output.end());
    for await (const chunk of output as AsyncIterable<Buffer>) {
      head ??= chunk.toString('utf8', 0, 1024);
      if (!streams.stdout.write(chunk)) await new Promise<void>((resolve) => streams.stdout.once('drain', resolve));
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    stopResizing?.();
    socket.destroy();
  }
  signal?.throwIfAborted();
  const { ExitCode } = await http.json<{ ExitCode: number | null }>('GET', `/exec/${Id}/json`, { signal });
  return ExitCode === 126 && notFound.test(head ?? '') ? 127 : (ExitCode ?? 0);
}

/** Tries of one size, and milliseconds between them: the daemon answers before the command has begun. */
const sizeTries = 20;
const sizePause = 25;

/**
 * Gives a command's terminal the size of ours, now and whenever that changes. A wrong size is no reason to end a command. One call is
 * under way at a time: of two, the older could arrive last.
 */
export function followSize(
  http: Pick<HttpClient, 'text'>,
  clock: Clock,
  exec: string,
  terminal: Terminal,
  over: () => boolean,
): () => void {
  let due = false;
  let sending = false;
  const send = async () => {
    const { rows, columns } = terminal.size();
    if (rows > 0 && columns > 0) await http.text('POST', `/exec/${exec}/resize`, { query: { h: rows, w: columns } });
  };
  const sendDue = async () => {
    let tries = sizeTries;
    while (due && tries > 0 && !over()) {
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
