import { MayflyError } from '../../../errors.js';
import type { Token } from '../../store/store.js';

/** Most open streams: fewer than connections, so that other requests find one. */
const most = 500;
const mostOfOrganisation = 200;

/** An open stream. `closed` aborts when the service stops, or when its token is removed. */
export interface OpenStream {
  closed: AbortSignal;
  /** Gives its place to another one. May be called again. */
  release(): void;
}

/** The open streams of the service. */
export class Streams {
  private readonly open = new Map<AbortController, Token>();
  private stopped = false;

  /** @throws MayflyError `too_many_streams` */
  admit(token: Token): OpenStream {
    const { organisation } = token;
    const own = [...this.open.values()].filter((one) => one.organisation === organisation).length;
    if (own >= mostOfOrganisation) throw tooMany(`${organisation} has ${own} open streams`);
    if (this.open.size >= most) throw tooMany(`the service has ${this.open.size} open streams`);
    const closing = new AbortController();
    this.open.set(closing, token);
    if (this.stopped) closing.abort();
    return { closed: closing.signal, release: () => void this.open.delete(closing) };
  }

  get size(): number {
    return this.open.size;
  }

  /** Ends the streams of a token that was removed. */
  revoke(token: string): void {
    for (const [closing, { id }] of this.open) if (id === token) closing.abort();
  }

  /** Ends all streams, and those that are opened later. */
  close(): void {
    this.stopped = true;
    for (const closing of this.open.keys()) closing.abort();
  }
}

function tooMany(cause: string): MayflyError {
  return new MayflyError('too_many_streams', { cause, remedy: 'close some of them, and try again later', retryAfter: 30 });
}
