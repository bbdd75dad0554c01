import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import { linesOf } from '../lines.js';
import { dialOwn } from '../state/private-socket.js';
import { longestLine, parseReply, type WatchReply, type WatchRequest } from './protocol.js';

type Answer = WatchReply | 'gone' | 'silent';

/** A connection to a keeper. The keeper runs at least as long as it is open. */
export class KeeperConnection {
  private readonly lines: AsyncGenerator<string, void, undefined>;
  /** The next answer, read ahead: without a reader, the end of a connection is not noticed. */
  private next: Promise<Answer>;

  private constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
  ) {
    // An error also ends the lines.
    socket.on('error', () => {});
    this.lines = linesOf(socket, longestLine);
    this.next = this.read();
  }

  /** @returns `null` where no keeper listens. @throws MayflyError `state_unreadable` where the socket is another user's */
  static async open(path: string, clock: Clock): Promise<KeeperConnection | null> {
    const socket = await dialOwn(path);
    return socket && new KeeperConnection(socket, clock);
  }

  /** @returns `gone` where the keeper has ended, `silent` where no reply came within `withinMs`; both close the connection */
  async ask(request: WatchRequest | null, withinMs: number): Promise<Answer> {
    const answered = new AbortController();
    const late = this.clock.sleep(withinMs, answered.signal).then(
      (): Answer => 'silent',
      (): Answer => 'gone',
    );
    this.socket.write(`${JSON.stringify(request)}\n`);
    const answer = await Promise.race([this.next, late]);
    answered.abort();
    if (typeof answer === 'string') this.close();
    else this.next = this.read();
    return answer;
  }

  /** Calls `closed` once when either side has closed the connection. */
  onClose(closed: () => void): void {
    if (this.socket.destroyed) closed();
    else this.socket.once('close', closed);
  }

  close(): void {
    this.socket.destroy();
  }

  private read(): Promise<Answer> {
    return this.lines.next().then(
      ({ value }): Answer => (value === undefined ? 'gone' : parseReply(value)),
      (): Answer => 'gone',
    );
  }
}
