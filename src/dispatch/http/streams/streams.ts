import { MayflyError } from '../../../errors.js';
import type { Token } from '../../store/store.js';

/**
 * `stream`: an answer without end. `connection`: a command, a tunnel, a hold, or files on their way. Each kind has room of its own: an
 * organisation with many commands can still follow events.
 */
type Kind = 'stream' | 'connection';

/** Most open ones of a kind. All together are fewer than connections, so that other requests find one. */
const limits: Readonly<Record<Kind, { most: number; mostOfOrganisation: number }>> = {
  stream: { most: 500, mostOfOrganisation: 200 },
  connection: { most: 400, mostOfOrganisation: 250 },
};

/** An open stream. `closed` aborts when the service stops, or when its token is removed. */
export interface OpenStream {
  closed: AbortSignal;
  /** Gives its place to another one. May be called again. */
  release(): void;
}

/** The open streams of the service. */
export class Streams {
  private readonly open = new Map<AbortController, { token: Token; kind: Kind }>();
  private stopped = false;

  /** @throws MayflyError `too_many_streams` */
  admit(token: Token, kind: Kind = 'stream'): OpenStream {
    const { organisation } = token;
    const { most, mostOfOrganisation } = limits[kind];
    const same = [...this.open.values()].filter((one) => one.kind === kind);
    const own = same.filter((one) => one.token.organisation === organisation).length;
    if (own >= mostOfOrganisation) throw tooMany(`${organisation} has ${own} open ${kind}s`);
    if (same.length >= most) throw tooMany(`the service has ${same.length} open ${kind}s`);
    const closing = new AbortController();
    this.open.set(closing, { token, kind });
    if (this.stopped) closing.abort();
    return { closed: closing.signal, release: () => void this.open.delete(closing) };
  }

  get size(): number {
    return this.open.size;
  }

  /** Ends the streams of a token that was removed. */
  revoke(token: string): void {
    for (const [closing, { token: of }] of this.open) if (of.id === token) closing.abort();
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
