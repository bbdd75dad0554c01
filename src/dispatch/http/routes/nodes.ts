import * as z from 'zod';
import { MayflyError } from '../../../errors.js';
import type { Dispatcher } from '../../dispatcher.js';
import { setCordon } from '../../nodes/cordons.js';
import { byNode, type Cordon, type Node } from '../../nodes/node.js';
import type { Store, Token } from '../../store/store.js';
import { errorDocument } from '../documents.js';
import { nodeDocument, toNodeDocument } from '../node-document.js';
import { route, type Route } from '../route.js';

export interface NodeRouteParts {
  dispatcher: Dispatcher;
  store: Pick<Store, 'setting' | 'setSetting'>;
  /** Of this service. */
  installation: string;
}

/** Operations on a node, with the state that follows. */
const operations: Readonly<Record<string, { cordon: Cordon; summary: string }>> = {
  cordon: { cordon: 'cordoned', summary: 'Place no new run on a node. Its workers stay' },
  uncordon: { cordon: 'open', summary: 'Place runs on a node again' },
  drain: { cordon: 'draining', summary: 'Place no new run on a node that shall become empty: `empty_by` is the time' },
};

export function nodeRoutes({ dispatcher, store, installation }: NodeRouteParts): Route[] {
  const { nodes, runs, placing } = dispatcher;
  const show = (node: Node, token: Token, here = byNode(runs.all())) =>
    toNodeDocument(node, {
      runs: here.get(node.name) ?? [],
      waiting: placing.waitingFor(node.name),
      token,
      organisationOf: (run) => runs.get(run)?.organisation,
    });
  const failed = { 401: errorDocument, 403: errorDocument };
  return [
    route({
      method: 'get',
      path: '/v1/nodes',
      summary: 'All nodes: their resources, their runs, and why they take none',
      scope: 'read',
      replies: {
        200: z.object({
          installation: z.uuid().meta({ description: 'Of this service: runs are exported to it' }),
          nodes: z.array(nodeDocument),
        }),
        ...failed,
      },
      async handle({ token }) {
        await dispatcher.offers.learn();
        const here = byNode(runs.all());
        return { status: 200, body: { installation, nodes: [...nodes.values()].map((node) => show(node, token, here)) } };
      },
    }),
    ...Object.entries(operations).map(([name, { cordon, summary }]) =>
      route({
        method: 'post',
        path: `/v1/nodes/:name/${name}`,
        summary,
        scope: 'operator',
        replies: { 200: nodeDocument, 404: errorDocument, ...failed },
        async handle({ token, params }) {
          const node = nodes.get(params['name'] ?? '') ?? unknown(params['name'] ?? '');
          await setCordon(store, node, cordon);
          placing.wake();
          return { status: 200, body: show(node, token) };
        },
      }),
    ),
  ];
}

function unknown(name: string): never {
  throw new MayflyError('node_unknown', { place: { path: name }, cause: 'there is no node with this name', remedy: 'see GET /v1/nodes' });
}
