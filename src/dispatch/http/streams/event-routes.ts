import * as z from 'zod';
import type { Clock } from '../../../clock.js';
import type { Feed } from '../../events/feed.js';
import type { Runs } from '../../runs.js';
import type { FeedEvent, Store, Token } from '../../store/store.js';
import { errorDocument, label } from '../documents.js';
import { ownRun } from '../own-run.js';
import { type Asked, type Reply, route, type Route } from '../route.js';
import { Follower } from './follower.js';
import { positionOf } from './position.js';
import { toEventDocument } from './sse.js';
import type { Streams } from './streams.js';

export interface EventRouteParts {
  runs: Pick<Runs, 'find'>;
  store: Pick<Store, 'events'>;
  feed: Feed;
  streams: Streams;
  clock: Clock;
}

const contentType = 'text/event-stream';

const eventDocument = z
  .object({
    sequence: z.int(),
    run: z.uuid(),
    attempt: z.int(),
    at: z.iso.datetime(),
    type: z.string(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event' });

const types = z
  .string()
  .regex(/^[a-z_]+(,[a-z_]+)*$/, 'must be types of events, with commas between them')
  .meta({ description: 'Only events of these types, with commas between them' })
  .transform((text) => text.split(','));

const sequence = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const failed = { 401: errorDocument, 403: errorDocument, 410: errorDocument, 429: errorDocument };

/** Events as pages, and as Server-Sent Events. */
export function eventRoutes(parts: EventRouteParts): Route[] {
  const { runs, store } = parts;
  return [
    route({
      method: 'get',
      path: '/v1/events',
      summary: 'Follow the events of all runs of the organisation. With Last-Event-ID, or `after`, the stream continues after that event',
      scope: 'read',
      query: z.object({ after: sequence.optional(), type: types.optional(), label: label.optional() }),
      answerType: contentType,
      replies: { 400: errorDocument, ...failed },
      handle: (asked) => {
        const { type, label: free } = asked.query;
        return follow(parts, asked, null, ({ event, labels }) => {
          if (type && !type.includes(event.type)) return false;
          return Object.entries(free ?? {}).every(([key, value]) => labels[key] === value);
        });
      },
    }),
    route({
      method: 'get',
      path: '/v1/runs/:id/events',
      summary: 'Events of a run, the oldest first: a page, or a stream for a client that accepts text/event-stream',
      scope: 'read',
      query: z.object({ after: sequence.default(0), limit: z.coerce.number().int().min(1).max(1000).default(200) }),
      answerType: contentType,
      replies: { 200: z.object({ events: z.array(eventDocument) }), 400: errorDocument, 404: errorDocument, ...failed },
      async handle(asked) {
        const { token, params, query, header } = asked;
        const { id } = await ownRun(runs, token, params['id']);
        if (header('accept')?.includes(contentType)) return follow(parts, asked, id, () => true);
        const events = await store.events({ run: id, ...query });
        return { status: 200, body: { events: events.map(toEventDocument) } };
      },
    }),
  ];
}

/** @param run `null`: all runs of the token's organisation */
async function follow(
  { feed, streams, clock }: EventRouteParts,
  { token, query, header }: Pick<Asked<unknown, { after?: number | undefined }>, 'query' | 'header'> & { token: Token },
  run: string | null,
  matches: (event: FeedEvent) => boolean,
): Promise<Reply> {
  const { newest, removed } = await feed.sequences();
  // A run has all of its events.
  const after = positionOf({ header: header('last-event-id'), after: query.after, newest, removed: run === null ? removed : 0 });
  const { closed, release } = streams.admit(token);
  const follower = new Follower({
    ...{ feed, clock, run, closed, newest, after: after ?? newest },
    matches: (event) => event.organisation === token.organisation && matches(event),
  });
  const close = () => {
    follower.close();
    release();
  };
  return { status: 200, stream: { contentType, next: follower.next, close } };
}
