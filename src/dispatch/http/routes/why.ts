import type { Dispatcher } from '../../dispatcher.js';
import { isOperator } from '../../tokens.js';
import { errorDocument } from '../documents.js';
import { ownRun } from '../own-run.js';
import { route, type Route } from '../route.js';
import { waitCauseOf } from '../wait-cause.js';
import { toWhyDocument, whyDocument } from '../why-document.js';

export function whyRoutes({ dispatcher, now }: { dispatcher: Dispatcher; now(): number }): Route[] {
  const { runs, outlook, nodes } = dispatcher;
  return [
    route({
      method: 'get',
      path: '/v1/runs/:id/why',
      summary: 'Why a run waits, when it starts, and what would let it start at once',
      scope: 'read',
      replies: { 200: whyDocument, 401: errorDocument, 403: errorDocument, 404: errorDocument },
      async handle({ token, params }) {
        const run = await ownRun(runs, token, params['id']);
        const waits = run.state === 'queued' || run.state === 'offered';
        const why = waits ? await outlook.why(run) : null;
        const closed = (why?.closed ?? []).map(({ node }) => {
          const reasons = nodes.get(node)!.closedBecause();
          return { node, reasons: reasons.length > 0 ? reasons : ['it is drained, and the run could live longer'] };
        });
        const mayName = (other: string) => isOperator(token) || runs.get(other)?.organisation === token.organisation;
        return { status: 200, body: toWhyDocument(run, { cause: waitCauseOf(run, why, dispatcher), why, now: now(), closed, mayName }) };
      },
    }),
  ];
}
