import * as z from 'zod';
import { freeOf } from '../ledger.js';
import { circuitStates } from '../nodes/circuit.js';
import { cordons, type Node } from '../nodes/node.js';
import type { Run } from '../run.js';
import type { Token } from '../store/store.js';
import { isOperator } from '../tokens.js';

const resources = z.object({ cpu: z.number().nullable(), memory: z.number().nullable(), storage: z.number().nullable() }).meta({
  description: 'Millicores, MB and MB; null: not limited',
});

const listed = z.object({ count: z.int(), runs: z.array(z.uuid()).meta({ description: "The token's own; an operator sees all" }) });

export const nodeDocument = z
  .object({
    name: z.string(),
    kind: z.string(),
    state: z.enum(circuitStates),
    cordon: z.enum(cordons),
    drain_by: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'While it is drained: runs that end before still start there; null: none does' }),
    closed: z.array(z.string()).meta({ description: 'Reasons for which it takes no run now' }),
    ceiling: z.object({ workers: z.int(), reason: z.string(), until: z.iso.datetime() }).nullable().meta({
      description: 'The most workers for a while, after the node has refused one',
    }),
    capacity: resources,
    used: z.object({ cpu: z.number(), memory: z.number(), storage: z.number() }),
    free: resources,
    largest: resources.meta({ description: 'The largest request that it takes' }),
    labels: z.record(z.string(), z.string()),
    running: listed.meta({ description: 'Runs that hold a share of it' }),
    queued: listed.meta({ description: 'Runs that wait for a place on it, the next ones only' }),
    others: z.int().meta({ description: 'Workers that no run of this service has' }),
    without_asks: z.object({ count: z.int(), workers: z.array(z.string()) }).meta({
      description: 'Workers whose resources are not known and not counted; an operator sees their names',
    }),
    empty_by: z.iso.datetime().nullable().meta({
      description: 'When its last worker ends, if nothing extends one; null: it has none. Of a node that is drained: the latest time',
    }),
  })
  .meta({ id: 'Node' });

/** A node as the token may see it. `runs`: those on the node. `waiting`: ids of those that wait for it. */
export function toNodeDocument(node: Node, { runs, waiting, token, organisationOf, margin }: NodeView): z.infer<typeof nodeDocument> {
  const { name, kind, cordon, terms, capacity, ceiling } = node;
  const { state } = node.health;
  const { workers, used } = node.count(runs);
  const all = isOperator(token);
  const visible = (ids: readonly string[]) => ids.filter((id) => all || organisationOf(id) === token.organisation);
  const emptyBy = emptyByOf(
    node,
    workers.flatMap((one) => (one.ends === null ? [] : one.ends - node.skew)),
    margin,
  );
  const nameless = workers.filter(({ asks }) => asks === null).map(({ worker }) => worker);
  return {
    drain_by: node.emptyBy === null ? null : new Date(node.emptyBy).toISOString(),
    ...{ name, kind, state, cordon, closed: node.closedBecause(), capacity, used, free: freeOf(capacity, used) },
    ceiling: ceiling && { workers: ceiling.workers, reason: ceiling.reason, until: new Date(ceiling.until).toISOString() },
    largest: largestOf(node),
    labels: { ...terms.labels },
    running: { count: runs.length, runs: visible(runs.map(({ id }) => id)) },
    queued: { count: waiting.length, runs: visible(waiting) },
    others: workers.filter(({ placed }) => !placed).length,
    without_asks: { count: nameless.length, workers: all ? nameless : [] },
    empty_by: emptyBy === null ? null : new Date(emptyBy).toISOString(),
  };
}

/** The last known end. While the node is drained also the time of the drain, and the margin for the removal. */
function emptyByOf({ emptyBy }: Node, ends: readonly number[], margin: number): number | null {
  const last = ends.length === 0 ? null : Math.max(...ends);
  return emptyBy === null ? last : Math.max(emptyBy, (last ?? 0) + margin);
}

export interface NodeView {
  runs: readonly Run[];
  waiting: readonly string[];
  token: Token;
  /** See `DispatchSettings.fenceMargin`. */
  margin: number;
  organisationOf(run: string): string | undefined;
}

function largestOf({ capacity, terms: { largest } }: Node): z.infer<typeof resources> {
  const least = (kind: keyof typeof capacity) => {
    const limits = [capacity[kind], largest[kind]].filter((limit) => typeof limit === 'number');
    return limits.length === 0 ? null : Math.min(...limits);
  };
  return { cpu: least('cpu'), memory: least('memory'), storage: least('storage') };
}
