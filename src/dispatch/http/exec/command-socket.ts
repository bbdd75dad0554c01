import { once } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { WebSocket } from 'ws';
import type { CancelSignal, Terminal } from '../../../backends/ports/sessions.js';
import { cancelMessage, channels, framed, sizeMessage, type Status } from '../../../client/exec/channels.js';
import { MayflyError } from '../../../errors.js';

/** Milliseconds between two pings. Proxies keep the connection, and a client that is gone is found although nothing is read from it. */
const pingPeriod = 5000;

/** Bytes of input that wait for the command before the client is held back, and of each output before the command is held back. */
const highWaterMark = 2 ** 20;

/** The service's side of a WebSocket that carries a command. Each stream has back-pressure; only input holds the client back. */
export class CommandSocket {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly terminal: Terminal;
  private readonly stopping = new AbortController();
  private readonly killing = new AbortController();
  /** Aborts when the client cancels the command, or is gone. */
  readonly stop: AbortSignal = this.stopping.signal;
  /** Aborts when the client wants its end at once. */
  readonly kill: AbortSignal = this.killing.signal;
  private signal: CancelSignal = 'TERM';
  private size = { rows: 0, columns: 0 };
  private changed = () => {};
  private onText: ((text: string) => void) | null = null;

  constructor(private readonly socket: WebSocket) {
    this.stdin = new Readable({
      highWaterMark,
      read: () => socket.resume(),
      destroy: (_error, done) => this.discardInput(done),
    });
    // Without a listener an early error would end the process. The command sees the end of its input.
    this.stdin.on('error', () => {});
    this.stdout = this.output(channels.stdout);
    this.stderr = this.output(channels.stderr);
    this.terminal = {
      size: () => this.size,
      onResize: (changed) => {
        this.changed = changed;
        return () => (this.changed = () => {});
      },
    };
    const pings = setInterval(() => socket.ping(), pingPeriod).unref();
    socket.on('message', (data: Buffer, isBinary) => this.take(data, isBinary));
    // The event `close` follows.
    socket.on('error', () => {});
    socket.once('close', () => {
      clearInterval(pings);
      this.cancel();
      this.stdin.destroy();
    });
  }

  /** The signal that the client asks for. */
  asked(): CancelSignal {
    return this.signal;
  }

  /** The first text message. @throws MayflyError `interrupted` where the client is gone before */
  async firstText(): Promise<string> {
    const text = new Promise<string>((resolve) => (this.onText = resolve));
    const gone = this.stop.aborted ? Promise.resolve() : once(this.stop, 'abort');
    const first = await Promise.race([text, gone.then(() => null)]);
    if (first === null) throw clientGone();
    return first;
  }

  /** Sends the last message, and closes the connection after it. */
  end(status: Status): void {
    this.stdin.destroy();
    this.socket.send(framed(channels.status, Buffer.from(JSON.stringify(status))), () => this.socket.close(1000));
  }

  private take(data: Buffer, isBinary: boolean): void {
    if (!isBinary) this.takeText(data.toString());
    else if (data[0] === channels.stdin) this.takeInput(data.subarray(1));
    else if (data[0] === channels.close && data[1] === channels.stdin) this.takeInput(null);
    else if (data[0] === channels.resize) this.takeSize(data.toString('utf8', 1));
  }

  private takeInput(data: Buffer | null): void {
    if (this.stdin.destroyed || this.stdin.readableEnded || data?.length === 0) return;
    if (!this.stdin.push(data) && data) this.socket.pause();
  }

  private takeText(text: string): void {
    const first = this.onText;
    this.onText = null;
    if (first) return first(text);
    const cancel = cancelMessage.safeParse(jsonOf(text));
    if (!cancel.success) return this.refuse();
    if (cancel.data.cancel === 'KILL') this.killing.abort(clientGone());
    else this.signal = cancel.data.cancel;
    this.cancel();
  }

  private takeSize(text: string): void {
    const size = sizeMessage.safeParse(jsonOf(text));
    if (!size.success) return this.refuse();
    this.size = { rows: size.data.Height, columns: size.data.Width };
    this.changed();
  }

  /** Ends the connection of a client that does not follow the protocol. */
  private refuse(): void {
    this.socket.close(1003);
  }

  private cancel(): void {
    if (!this.stop.aborted) this.stopping.abort(clientGone());
  }

  /** Input that nobody reads does not hold further messages back. */
  private discardInput(done: () => void): void {
    if (this.socket.readyState !== this.socket.CLOSED) this.socket.resume();
    done();
  }

  /** Output for a client that is gone is dropped. Chunks that wait are sent together. */
  private output(channel: number): Writable {
    const send = (chunks: Buffer[], done: () => void) => this.socket.send(framed(channel, ...chunks), () => done());
    return new Writable({
      highWaterMark,
      write: (chunk: Buffer, _encoding, done) => send([chunk], done),
      writev: (chunks, done) =>
        send(
          chunks.map(({ chunk }) => chunk as Buffer),
          done,
        ),
    });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function clientGone(): MayflyError {
  return new MayflyError('interrupted', { cause: 'the command was cancelled', remedy: 'run it again' });
}
