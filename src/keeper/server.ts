import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Clock } from '../clock.js';
import { toMayflyError } from '../errors.js';
import { linesOf } from '../lines.js';
import { listenIn } from '../state/private-socket.js';
import type { Log } from '../log.js';
import { longestLine, type WatchReply } from './protocol.js';

/** The number of connections at a time. Further ones are closed. */
const mostConnections = 256;

/** Milliseconds in which a client must send its first request. Afterwards it may stay silent, to hold the keeper. */
const firstRequestWithin = 10_000;

export interface KeeperServerOptions {
  clock: Clock;
  log: Log;
  /** Answers one request. `left` aborts when that client's connection is closed. Never rejects. */
  answer(line: string, left: AbortSignal): Promise<WatchReply>;
}

/** Serves a keeper's clients. A failed connection is closed; the others stay. */
export class KeeperServer {
  private readonly open = new Set<Socket>();
  private readonly server: Server;
  private lastSeen = -Infinity;

  constructor(private readonly options: KeeperServerOptions) {
    this.server = createServer((socket) => {
      this.converse(socket).catch(() => socket.destroy());
    });
    this.server.maxConnections = mostConnections;
  }

  /** The last time that a client was connected, in milliseconds since the epoch; now, while one is. */
  get lastClientAt(): number {
    return this.open.size > 0 ? this.options.clock.now() : this.lastSeen;
  }

  async listen(path: string): Promise<void> {
    await listenIn(this.server, dirname(path), basename(path), 0o600);
    // The process may be out of descriptors for a while.
    this.server.on('error', (error) => this.options.log.warn({ cause: toMayflyError(error).message }, 'a client could not connect'));
  }

  close(): void {
    this.server.close();
    for (const socket of this.open) socket.destroy();
  }

  private async converse(socket: Socket): Promise<void> {
    const { clock, answer } = this.options;
    const [left, asked] = [new AbortController(), new AbortController()];
    this.open.add(socket);
    // `linesOf` throws the error, or the write ends.
    socket
      .on('error', () => {})
      .once('close', () => {
        this.open.delete(socket);
        this.lastSeen = clock.now();
        left.abort();
        asked.abort();
      });
    clock.sleep(firstRequestWithin, asked.signal).then(
      () => socket.destroy(),
      () => {},
    );
    for await (const line of linesOf(socket, longestLine)) {
      asked.abort();
      const reply = await answer(line, left.signal);
      // Read no further request until the client has read this reply.
      await new Promise<void>((resolve) => socket.write(`${JSON.stringify(reply)}\n`, () => resolve()));
    }
  }
}
