import { StringDecoder } from 'node:string_decoder';
import { createParser } from 'eventsource-parser';
import { open } from './open.js';
import { type Connection, unreachable } from './http.js';

/** A block of Server-Sent Events. */
export interface EventBlock {
  /** `message` if the block names none. */
  event: string;
  id: string | null;
  data: string;
}

/** Milliseconds without a byte after which the connection is lost: three of the service's heartbeats. */
const silence = 45_000;

/**
 * Follows a stream of the service over one connection, from its opening to its end. Yields the blocks that came together, and at least once
 * when the stream is open.
 *
 * @throws MayflyError `server_unreachable` where the connection breaks
 */
export async function* eventsOf(connection: Connection, path: string, signal: AbortSignal): AsyncGenerator<EventBlock[]> {
  const url = new URL(path, connection.server);
  const answer = await open(connection, 'GET', url, signal, (request) => request.end(), { accept: 'text/event-stream' });
  answer.setTimeout(silence, () => answer.destroy(new Error(`no byte came for ${silence / 1000} s`)));
  const parser = new EventReader();
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const blocks = parser.read(chunk);
      if (blocks.length > 0) yield blocks;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : unreachable(connection, 'the connection broke', error);
  } finally {
    answer.destroy();
  }
}

/** Splits a stream of Server-Sent Events into its blocks. */
export class EventReader {
  private readonly decoder = new StringDecoder('utf8');
  private blocks: EventBlock[] = [];
  private readonly parser = createParser({
    onEvent: ({ event = 'message', id = null, data }) => this.blocks.push({ event, id, data }),
  });

  /** Blocks that are complete with these bytes. Those without data are left out. */
  read(chunk: Buffer): EventBlock[] {
    this.parser.feed(this.decoder.write(chunk));
    return this.blocks.splice(0);
  }
}
