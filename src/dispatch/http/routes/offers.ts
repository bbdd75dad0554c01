import * as z from 'zod';
import type { Dispatcher } from '../../dispatcher.js';
import { byNode, type Node } from '../../nodes/node.js';
import type { Answer } from '../../nodes/offers.js';
import { loadOutside } from '../../outside/load.js';
import type { Policy } from '../../policy.js';
import type { Run } from '../../run.js';
import type { Vault } from '../../secrets/vault.js';
import { errorDocument } from '../documents.js';
import { price, priceOf } from '../price.js';
import { route, type Route } from '../route.js';

const sentences = (description: string) => z.array(z.string()).meta({ description });

const offerDocument = z
  .object({
    node: z.string(),
    accepted: z.boolean().nullable().meta({ description: 'Whether it can ever take the spec; null: it did not answer' }),
    free_now: z.boolean().meta({ description: 'Whether it has room now. Runs that wait already go first' }),
    reasons: sentences('Why it never takes the spec, or why it gave no answer'),
    closed: sentences('Why it takes no run now'),
    unenforced: sentences('Limits that it does not enforce'),
    rounded: sentences('Sizes that it gives in place of those asked for'),
    warnings: sentences('Further remarks'),
    price,
  })
  .meta({ id: 'Offer' });

export interface OfferParts {
  dispatcher: Dispatcher;
  policy: Policy;
  vault: Vault;
}

export function offerRoutes({ dispatcher, policy, vault }: OfferParts): Route[] {
  const { nodes, offers, runs } = dispatcher;
  return [
    route({
      method: 'post',
      path: '/v1/offers',
      summary: "Each node's answer to a spec. Nothing is stored and nothing is held",
      scope: 'read',
      body: z.strictObject({ spec: z.record(z.string(), z.unknown()) }),
      replies: { 200: z.object({ offers: z.array(offerDocument) }), 401: errorDocument, 403: errorDocument, 422: errorDocument },
      async handle({ token, body }) {
        const { shown } = vault.split(loadOutside(body.spec, policy.rulesOf(token.organisation)).spec);
        const answers = await offers.of(shown);
        const here = byNode(runs.all());
        return {
          status: 200,
          body: { offers: answers.map((answer) => toOffer(answer, nodes.get(answer.node)!, here.get(answer.node) ?? [])) },
        };
      },
    }),
  ];
}

function toOffer(answer: Answer, node: Node, here: readonly Run[]): z.infer<typeof offerDocument> {
  const closed = node.closedBecause();
  if ('error' in answer) {
    const none = { accepted: null, free_now: false, unenforced: [], rounded: [], warnings: [], price: null };
    return { node: node.name, ...none, reasons: [`no answer: ${answer.error.message}`], closed };
  }
  const { accepted, reasons, unenforced, rounded, warnings, asks } = answer.offer;
  return {
    ...{
      node: node.name,
      accepted,
      free_now: accepted && node.hasRoom(asks, here),
      reasons,
      closed,
      unenforced,
      rounded,
      warnings,
    },
    price: priceOf(answer.offer),
  };
}
