import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';
import { linesOf } from '../lines.js';
import { dialOwn } from '../state/private-socket.js';
import { longestLine, parseReply, type WatchReply, type WatchRequest } from './protocol.js';

type Answer = WatchReply | 'gone' | 'silent';

/** A connection to a keeper, which stays at least as long as this is open. */
export class KeeperConnection {
  private readonly lines: AsyncGenerator<string, void, undefined>;
  /** Read ahead: without a reader, the end of a connection is not noticed. */
  private next: Promise<Answer>;

  private constructor(
    private readonly socket: Socket,
    private readonly clock: Clock,
  ) {
    // Errors show as the end of the lines.
    socket.on('error', () => {});
    this.lines = linesOf(socket, longestLine);
    this.next = this.read();
  }

  /** @returns `null` when nobody listens. @throws MayflyError `state_unreadable` when the socket is another user's */
  static async open(path: string, clock: Clock): Promise<KeeperConnection | null> {
    const socket = await dialOwn(path);
    return socket && new KeeperConnection(socket, clock);
  }

  /** @returns `gone` when the keeper left, `silent` when no reply came within `withinMs`; the connection is then closed */
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

  /** Calls back once when the connection is closed, by either side. */
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
