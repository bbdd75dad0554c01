import type { WebSocket } from 'ws';
import type { ExecOptions } from '../../backends/ports/sessions.js';
import { whenAborted } from '../../backends/shared/cancel.js';
import type { MayflyError } from '../../errors.js';
import { type Connection, errorOf, unreachable } from '../http.js';
import { type CancelMessage, channels, executedOf, framed, type Status, statusMessage } from './channels.js';
import { openCommandSocket } from './open.js';

export interface RemoteExec extends ExecOptions {
  container: string;
  /** Whether a retained worker runs it in a fresh container. */
  fresh?: boolean;
}

/** Bytes of input that wait for the network. */
const inputBuffer = 2 ** 20;

/** As `Executed`. `why`: the worker's part in the failure. */
export interface RemotelyExecuted {
  code: number;
  why: string | null;
}

/**
 * Runs a command in a container of a run's worker, through the service. A cancel ends it as `Sessions.exec` does.
 *
 * @throws MayflyError of the service; `server_unreachable` where the connection breaks; the reason of `cancel.stop` after a cancel
 */
export async function execInRun(connection: Connection, run: string, options: RemoteExec): Promise<RemotelyExecuted> {
  const { streams, cancel } = options;
  cancel.stop.throwIfAborted();
  const socket = await openCommandSocket(connection, run);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const last = receive(socket, options);
  const cancelBy = (signal: CancelMessage['cancel']) => sendText(socket, { cancel: signal } satisfies CancelMessage);
  sendText(socket, commandOf(options));
  const release = [
    whenAborted(cancel.stop, () => cancelBy(cancel.signal())),
    whenAborted(cancel.kill, () => cancelBy('KILL')),
    streams.terminal ? sendSizes(socket, streams.terminal) : () => {},
  ];
  // The command may end before it has read all of its input.
  if (streams.stdin) void sendInput(socket, streams.stdin).catch(() => {});
  await closed;
  release.forEach((stop) => stop());
  cancel.stop.throwIfAborted();
  const status = last();
  const executed = status && executedOf(status);
  if (executed) return executed;
  throw status ? failureOf(connection, status) : unreachable(connection, 'the connection broke before the command had ended');
}

/** The command as the service takes it. */
function commandOf({ command, container, env, workingDir, user, streams, fresh, cancel }: RemoteExec): Record<string, unknown> {
  return {
    ...{ command, container, env: env ?? {}, fresh: fresh ?? false, grace: cancel.grace / 1000 },
    ...{ stdin: streams.stdin !== null, tty: Boolean(streams.terminal) },
    ...(workingDir !== undefined && { working_dir: workingDir }),
    ...(user !== undefined && { user }),
  };
}

/** Writes output to its streams. A stream that is full holds the service back. @returns a function for the last message */
function receive(socket: WebSocket, { streams }: RemoteExec): () => Status | null {
  let status: Status | null = null;
  const full = new Set<NodeJS.WritableStream>();
  const write = (stream: NodeJS.WritableStream, data: Buffer) => {
    // A pause lets some messages pass.
    if (stream.write(data) || full.has(stream)) return;
    full.add(stream);
    socket.pause();
    stream.once('drain', () => {
      full.delete(stream);
      if (full.size === 0) socket.resume();
    });
  };
  socket.on('message', (message: Buffer) => {
    const data = message.subarray(1);
    if (message[0] === channels.stdout) write(streams.stdout, data);
    else if (message[0] === channels.stderr) write(streams.stderr, data);
    else if (message[0] === channels.status) status = statusMessage.parse(JSON.parse(data.toString()));
  });
  return () => status;
}

/** Sends input as fast as it is taken, and its end. */
async function sendInput(socket: WebSocket, stdin: NodeJS.ReadableStream): Promise<void> {
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) {
    const sent = new Promise<void>((resolve, reject) =>
      socket.send(framed(channels.stdin, Buffer.from(chunk as Buffer)), (error) => (error ? reject(error) : resolve())),
    );
    if (socket.bufferedAmount > inputBuffer) await sent;
    else sent.catch(() => {});
  }
  socket.send(Buffer.from([channels.close, channels.stdin]), () => {});
}

function sendText(socket: WebSocket, message: unknown): void {
  // The event `close` reports a closed connection.
  socket.send(JSON.stringify(message), () => {});
}

function sendSizes(socket: WebSocket, terminal: NonNullable<ExecOptions['streams']['terminal']>): () => void {
  const send = () => {
    const { rows, columns } = terminal.size();
    const size = JSON.stringify({ Width: columns, Height: rows });
    if (rows > 0 && columns > 0) socket.send(framed(channels.resize, Buffer.from(size)), () => {});
  };
  send();
  return terminal.onResize(send);
}

function failureOf(connection: Connection, { error, message = 'no reason' }: Status): MayflyError {
  return error ? errorOf(error) : unreachable(connection, `ended the command in another form than mayfly serve does: ${message}`);
}
