import { MayflyError } from '../../../errors.js';

export interface Resumed {
  /** The header `Last-Event-ID`, which a client sends when it connects again. It precedes the query's `after` of its first request. */
  header: string | undefined;
  after: number | undefined;
  /** See `Store.sequences`. */
  newest: number;
  removed: number;
}

/**
 * The sequence after which a client wants events; `null`: it names none.
 *
 * @throws MayflyError `usage`; `events_missing` where events that the client does not have were removed, or were lost with a database
 */
export function positionOf({ header, after, newest, removed }: Resumed): number | null {
  if (header !== undefined && header !== '' && !/^\d{1,15}$/.test(header)) {
    throw new MayflyError('usage', {
      place: { path: 'Last-Event-ID' },
      cause: `must be the id of an event, got ${JSON.stringify(header)}`,
      remedy: 'leave it out, or send the last `id` of the stream',
    });
  }
  const position = header ? Number(header) : (after ?? null);
  if (position === null) return null;
  const remedy = 'read GET /v1/runs, and follow without an id; `after=0` begins with the oldest event that is kept';
  if (position > newest)
    throw new MayflyError('events_missing', { cause: `there is no event ${position}: the newest one is ${newest}`, remedy });
  if (position > 0 && position < removed) {
    const cause = `events after ${position} were removed with their runs, up to ${removed}`;
    throw new MayflyError('events_missing', { cause, remedy });
  }
  return position;
}
