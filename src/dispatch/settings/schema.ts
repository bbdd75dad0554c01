import * as z from 'zod';
import type { Entry } from '../../backends/ports/entry.js';
import { cidr } from '../../spec/fields.js';
import { results } from './results-schema.js';
import { amount, count, duration, flag, text } from './fields.js';

/** A kind of backend that nodes may be of. */
export type Kind = Pick<Entry, 'name' | 'settings' | 'asUser' | 'unnamed'>;

// Each key has its line in docs/serve.md as its description.

const images = z.array(
  text('an image, `image:*` or `prefix/*`', (one) => /^[\x21-\x7e]{1,512}$/.test(one)),
  { error: 'must be a list of images' },
);

export const allow = z.strictObject({
  images: images.optional().meta({ description: 'a closed list of images; default: all. See below for its entries' }),
  processes: flag().default(false).meta({ description: '`true`: programs on the server itself' }),
  exposed: flag().default(false).meta({ description: '`true`: ports that other machines can reach' }),
  host_ports: flag().default(false).meta({ description: '`true`: fixed ports on the host' }),
  caches: flag().default(false).meta({ description: '`true`: caches, which organisations share' }),
});

const rate = z.strictObject({
  per_minute: count(1, 100_000).meta({ description: 'submissions of runs, tasks and functions in a minute. More are answered with 429' }),
  burst: count(1, 100_000).optional().meta({ description: 'submissions at once; default: `per_minute`' }),
});

const most = z.strictObject({
  cpu: amount('millicores').optional().meta({ description: 'millicores of all its workers together' }),
  memory: amount('MB').optional().meta({ description: 'MB, or a text such as `64GB`, of all its workers together' }),
  workers: count(1, 100_000).optional().meta({ description: 'workers at the same time' }),
});

const budget = z.strictObject({
  usd: z
    .number({ error: 'must be a number of US dollars' })
    .positive({ error: 'must be more than 0' })
    .meta({ description: 'US dollars, for workers of nodes that have a price' }),
  period: z.literal('month', { error: 'must be `month`' }).meta({ description: '`month`: a calendar month in UTC' }),
});

const guaranteed = z.strictObject({
  cpu: amount('millicores').optional().meta({ description: 'millicores' }),
  memory: amount('MB').optional().meta({ description: 'MB, or a text such as `64GB`' }),
});

const organisation = z.strictObject({
  most: most.optional().meta({ description: 'limits of what it has at the same time. Further runs wait, and delay nobody' }),
  guaranteed: guaranteed.optional().meta({ description: 'its runs go first, within a priority, while it has less than this' }),
  max_duration: amount('seconds').optional().meta({ description: 'the longest `max_duration` of its specs' }),
  rate: rate.optional().meta({ description: 'limits of its submissions' }),
  budget: budget.optional().meta({ description: 'the most that it may spend. Further runs wait, and delay nobody' }),
  allow: allow.prefault({}).meta({ description: 'permissions on every node' }),
});

const resources = (all: string) =>
  z.strictObject({
    cpu: amount('millicores')
      .optional()
      .meta({ description: `millicores of ${all}` }),
    memory: amount('MB')
      .optional()
      .meta({ description: `MB of ${all}` }),
    storage: amount('MB')
      .optional()
      .meta({ description: `MB on the disk of ${all}` }),
  });

const isNodeName = (name: string) => /^[a-z0-9][a-z0-9.-]{0,62}$/.test(name);

const nodeKeys = {
  name: text('1 to 63 of a-z, 0-9, - and .', isNodeName).meta({ description: 'its own name, or the name of its backend' }),
  capacity: resources('all workers together').prefault({}).meta({ description: 'default: what the node has; storage is not limited' }),
  largest: resources('one worker').prefault({}).meta({ description: 'the largest worker that it takes' }),
  labels: z
    .record(z.string().max(63), z.string({ error: 'must be a text' }).max(256), { error: 'must be a mapping of texts' })
    .default({})
    .meta({ description: 'free labels' }),
  allow: allow.prefault({}).meta({ description: 'permissions of all organisations on this node' }),
};

/** A node of one kind: its backend's own settings are beside the common keys. */
function node({ name, settings, asUser }: Kind) {
  const own = Object.entries(settings).map(([key, { expects, valid }]) => [
    key,
    text(expects, valid)
      .optional()
      .meta({ description: `of a node of ${name}: ${expects}` }),
  ]);
  return z.strictObject({
    backend: z.literal(name).meta({ description: 'the kind of node: `docker`, `process` or `aws`' }),
    ...nodeKeys,
    ...(asUser && {
      functions: flag()
        .default(false)
        .meta({ description: `of a node of ${name}: \`true\`: tasks may run modules of WebAssembly, see functions.md` }),
    }),
    ...(Object.fromEntries(own) as Record<string, z.ZodOptional<z.ZodString>>),
  });
}

const webhooks = z.strictObject({
  networks: z
    .array(cidr, { error: 'must be a list of networks such as 10.0.0.0/8' })
    .default([])
    .meta({ description: 'networks that are not public and may be reached, such as `10.0.0.0/8`' }),
  http: flag().default(false).meta({ description: '`true`: URLs may be `http`, which everybody on the way can read' }),
  retention: duration({ least: '1s' }).prefault('7d').meta({ description: 'how long deliveries are kept' }),
});

/** The mapping `serve` of a settings file. */
export function serveSchema(kinds: readonly Kind[]) {
  const [first, ...others] = kinds.map(node);
  const names = kinds.map(({ name }) => name).join(', ');
  return z.strictObject({
    nodes: z
      .array(z.discriminatedUnion('backend', [first!, ...others], { error: `must be a node with a \`backend\` of ${names}` }))
      .min(1, { error: 'must have a node' })
      .optional()
      .meta({ description: 'default: the local Docker daemon' }),
    organisations: z
      .record(
        text('1 to 63 of a-z, 0-9 and -', (name) => /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)),
        organisation,
      )
      .default({})
      .meta({ description: 'by name. An organisation without settings has no limits and no permissions' }),
    hosts: z
      .array(text('a host name', (name) => /^[A-Za-z0-9.-]{1,253}$/.test(name)))
      .default([])
      .meta({ description: 'names by which clients reach the service, beside `localhost` and its addresses' }),
    attempts: count(1, 999).default(3).meta({ description: 'the most attempts of a run that names no number' }),
    min_retry_period: duration({ least: '1s' }).prefault('10s').meta({ description: 'the shortest time between two attempts' }),
    max_retry_period: duration({ least: '1s' }).prefault('5m').meta({ description: 'the longest pause before an attempt' }),
    margin: duration({ least: '1s' }).prefault('2m').meta({
      description: 'how long after its latest end a worker on a silent node counts as alive: it covers errors of the clock of the node',
    }),
    poll_period: duration({ least: '100ms' }).prefault('5s').meta({ description: 'time between two looks at a node' }),
    batch: count(1, 10_000).default(64).meta({ description: 'the most runs that are placed at once' }),
    depth: count(1, 1000).default(1).meta({
      description: 'the most runs of a priority, of those that could use the same node, to which a start is promised',
    }),
    making: count(1, 1000).default(16).meta({ description: 'the most workers that a node makes at once' }),
    most_waiting: count(1, 10_000_000)
      .default(100_000)
      .meta({ description: 'the most unfinished runs, without those `elsewhere`. More are answered with 429' }),
    task_outputs: amount('MB').prefault('10GB').meta({
      description: 'MB of the outputs of finished tasks that are kept for an organisation. The oldest are removed first',
    }),
    retention: duration({ least: '1s' }).prefault('30d').meta({ description: 'how long finished runs are kept' }),
    expiring: duration({ least: '1s' })
      .prefault('5m')
      .meta({ description: 'how long before the end of its lease a run has the event `expiring`' }),
    webhooks: webhooks.prefault({}).meta({ description: 'receivers of callbacks, see callbacks.md' }),
    results: results.prefault({}).meta({ description: 'output and artifacts of runs with a `command`' }),
  });
}

export type ServeDocument = z.output<ReturnType<typeof serveSchema>>;
export type AllowDocument = z.output<typeof allow>;
