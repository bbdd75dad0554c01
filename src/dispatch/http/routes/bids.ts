import * as z from 'zod';
import { MayflyError } from '../../../errors.js';
import type { Dispatcher } from '../../dispatcher.js';
import type { Run } from '../../run.js';
import { errorDocument, newRunDocument, runDocument, toRunDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { route, type Route } from '../route.js';
import { waitSentence } from '../../../views/why-view.js';
import { waitCauseOf } from '../wait-cause.js';
import { submissionOf, type SubmissionParts } from '../submission.js';
import { price, priceOf } from '../price.js';

export interface BidParts extends SubmissionParts {
  dispatcher: Dispatcher;
}

const bidDocument = z
  .object({
    id: z.uuid().meta({ description: 'Of the run that it becomes' }),
    accepted: z.literal(true),
    node: z.string(),
    price,
    starts_by: z.iso.datetime().meta({ description: 'The run starts then or earlier, if the bid is accepted before it expires' }),
    expires: z.iso.datetime(),
  })
  .meta({ id: 'Bid' });

const failed = { 401: errorDocument, 403: errorDocument };
const decided = { 200: runDocument, 404: errorDocument, 409: errorDocument, ...failed };

/** A place and a price that are held for a time, before a run is queued. */
export function bidRoutes(parts: BidParts): Route[] {
  const { dispatcher } = parts;
  const { intake, commands, placing, runs, offers } = dispatcher;
  return [
    route({
      method: 'post',
      path: '/v1/bids',
      summary: 'Hold a place behind the queue, with its start and its price, until the bid is accepted, rejected or expired',
      scope: 'submit',
      body: newRunDocument,
      replies: { 201: bidDocument, 409: errorDocument, 422: errorDocument, 429: errorDocument, ...failed },
      async handle(asked) {
        if (dispatcher.isRecovering) throw recovering();
        const { run, created } = await intake.submit({ ...submissionOf(asked, parts), bid: true });
        // A repeated request may arrive before the first one's pass.
        if (run.state === 'offered' && run.promise === null) await placing.passed();
        const bid = runs.get(run.id) ?? run;
        if (bid.state !== 'offered') throw over(bid);
        if (bid.promise === null || bid.bidExpires === null) {
          const cause = waitCauseOf(bid, await dispatcher.outlook.why(bid), dispatcher);
          if (created) await commands.reject(bid.id, 'no start can be promised');
          throw noStart(bid.id, cause && waitSentence(cause, bid.createdAt, (at) => new Date(at).toISOString()));
        }
        const { node, startsBy } = bid.promise;
        const answers = bid.spec ? await offers.of(bid.spec) : [];
        const answer = answers.find((one) => one.node === node);
        return {
          status: 201,
          body: {
            ...{ id: bid.id, accepted: true, node, price: answer && 'offer' in answer ? priceOf(answer.offer) : null },
            ...{ starts_by: new Date(startsBy).toISOString(), expires: new Date(bid.bidExpires).toISOString() },
          },
        };
      },
    }),
    route({
      method: 'post',
      path: '/v1/bids/:id/accept',
      summary: 'Queue the run of a bid, with its promised start',
      scope: 'submit',
      replies: decided,
      async handle({ token, params }) {
        const { id } = await ownRun(runs, token, params['id']);
        return { status: 200, body: toRunDocument(await commands.accept(id)) };
      },
    }),
    route({
      method: 'post',
      path: '/v1/bids/:id/reject',
      summary: 'Drop a bid',
      scope: 'submit',
      body: z.strictObject({ justification: z.string().max(1000).default('') }),
      replies: decided,
      async handle({ token, params, body }) {
        const { id } = await ownRun(runs, token, params['id']);
        return { status: 200, body: toRunDocument(await commands.reject(id, body.justification)) };
      },
    }),
  ];
}

function over({ id, state }: Run): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: id },
    cause: `the bid of this Idempotency-Key is ${state} already`,
    remedy: 'use a new key for a new bid',
  });
}

function noStart(id: string, reason: string | null): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: id },
    cause: `no start can be promised: ${reason ?? 'the bid is over'}`,
    remedy: 'send the bid again later, or queue a run, which waits',
  });
}

function recovering(): MayflyError {
  return new MayflyError('not_possible', {
    cause: 'the database was lost or restored, and some nodes have not answered yet',
    remedy: 'send the bid again later, or queue a run, which waits',
  });
}
