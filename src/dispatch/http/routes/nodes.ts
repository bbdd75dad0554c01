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
  /** See `DispatchSettings.fenceMargin`. */
  margin: number;
  /** The id of this service's installation. */
  installation: string;
}

/** Operations on a node, with the state that follows. */
const operations: Readonly<Record<string, { cordon: Cordon; summary: string; body: z.ZodType<{ by?: string | undefined }> }>> = {
  cordon: { cordon: 'cordoned', summary: 'Place no new run on a node. Its workers stay', body: z.strictObject({}) },
  uncordon: { cordon: 'open', summary: 'Place runs on a node again', body: z.strictObject({}) },
  drain: {
    cordon: 'draining',
    summary: 'Empty a node: `empty_by` is the latest time. With `by`, runs that end before it still start there; else none does',
    body: z.strictObject({ by: z.iso.datetime({ offset: true }).optional() }),
  },
};

export function nodeRoutes({ dispatcher, store, margin, installation }: NodeRouteParts): Route[] {
  const { nodes, runs, placing } = dispatcher;
  const show = (node: Node, token: Token, here = byNode(runs.all())) =>
    toNodeDocument(node, {
      runs: here.get(node.name) ?? [],
      waiting: placing.waitingFor(node.name),
      token,
      margin,
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
    ...Object.entries(operations).map(([name, { cordon, summary, body }]) =>
      route({
        method: 'post',
        path: `/v1/nodes/:name/${name}`,
        summary,
        scope: 'operator',
        body,
        replies: { 200: nodeDocument, 400: errorDocument, 404: errorDocument, ...failed },
        async handle({ token, params, body: { by } }) {
          const node = nodes.get(params['name'] ?? '') ?? unknown(params['name'] ?? '');
          await setCordon(store, node, cordon, by === undefined ? null : Date.parse(by));
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
