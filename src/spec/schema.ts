import * as z from 'zod';
import * as f from './fields.js';
import { access } from './schema/access.js';
import { cache } from './schema/cache.js';
import { arch, container, serviceContainer } from './schema/container.js';
import { copy } from './schema/copy.js';
import { cpuLimit } from './schema/cpu-limit.js';
import { engine } from './schema/engine.js';
import { retain } from './schema/retain.js';
import { mapping } from './schema/mapping.js';
import { publishedPort } from './schema/published-port.js';
import { volume } from './schema/volume.js';

const month = 2_592_000;

/** A request's mode: a word, or an object that may hold the key which the worker sends. The output is this key, or `null`. */
const mode = z
  .union([f.text, z.looseObject({ distribution_secret_key: z.looseObject({ key: f.text.nullish() }).nullish() })], {
    error: 'must be a string or a mapping',
  })
  .transform((value) => (typeof value === 'string' ? null : (value.distribution_secret_key?.key ?? null)));

const label = (what: string) => f.optional(f.text, null, { description: `From a request: ${what}, kept as a label.` });
const melodium = (what: string) => ({ description: `For the Mélodium engine, when \`engine\` is absent: ${what}.` });
const ignored = z.unknown();

/** The schema of a spec file. Input: values of YAML or JSON. Output: the same with all defaults. */
export const specSchema = z.strictObject(
  {
    name: f.optional(f.name, null, {
      description: "Identifies the worker on its backend. Default: the file's name without its extension.",
      examples: ['ci'],
    }),
    max_duration: f.required(f.amount('seconds', 1, month), {
      description: 'Time that the worker may live after it is ready: seconds, or a duration.',
      examples: ['30m', 1800],
    }),
    create_timeout: f.optional(f.amount('seconds', 1, month), 600, {
      description: 'Time that the worker may take to become ready: seconds, or a duration.',
      examples: ['10m'],
    }),
    max_cost: f.optional(f.dollars, null, {
      description: 'Highest cost of the worker in US dollars. A backend that has a price refuses a worker that could cost more.',
      examples: [0.5],
    }),
    cpu: f.optional(f.amount('millicores', 1), null, {
      description: "The engine's cpu in millicores: 1000 are one core. Default: 500; 50 for `engine: idle`.",
      examples: [1000, '500m'],
    }),
    cpu_limit: cpuLimit,
    memory: f.optional(f.amount('MB', 6), null, {
      description: "The engine's memory in MB (2^20 bytes), or with a unit. Default: 512; 32 for `engine: idle`.",
      examples: [512, '1Gi'],
    }),
    storage: f.optional(f.amount('MB', 0), 0, {
      description: "The engine's storage in MB, or with a unit. All volumes together must fit in it. 0: not limited.",
      examples: [5000, '5Gi'],
    }),
    arch,
    backend: f.optional(f.text, null, {
      description: 'The backend that makes the worker. Default: the first that accepts.',
      examples: ['docker'],
    }),
    engine: f.optional(engine, null, {
      description: 'The engine, or `idle`: an engine that only waits, from the image of the first container. Default: the Mélodium engine.',
      examples: [{ image: 'alpine:3.20' }, 'idle'],
    }),
    volumes: f.list(volume, {
      description: 'Volumes that the engine and the containers share.',
      examples: [[{ name: 'work', storage: 1000 }]],
    }),
    containers: f.list(container, {
      description: 'Containers that the engine runs commands in.',
      examples: [[{ name: 'build', image: 'rust:1.80', cpu: 1000, memory: 1024, storage: 2000 }]],
    }),
    service_containers: f.list(serviceContainer, {
      description: 'Services that the worker needs.',
      examples: [[{ name: 'db', image: 'postgres:16', cpu: 500, memory: 256, storage: 500 }]],
    }),
    collect_grace: f.optional(f.duration(0), 10, {
      description:
        'Time for `mayfly run` to collect artifacts after its command, before the worker ends. A command whose worker expires is ended by this much earlier, or by half of `max_duration` if that is shorter.',
      examples: ['10s', '1m'],
    }),
    caches: f.list(cache, {
      description: 'Directories that outlive the worker, such as the cache of a package manager.',
      examples: [[{ name: 'pip', to: '/root/.cache/pip' }]],
    }),
    copy: f.list(copy, {
      description: 'Local files that are copied into new containers: after the services are healthy, and before a command of `run`.',
      examples: [[{ from: '.', to: '/src', in: 'test' }]],
    }),
    retain: f.optional(retain, null, {
      description: 'How long a worker is kept after a failed `mayfly run`. Default: it ends with the command.',
      examples: [{ failure: '10m' }],
    }),
    access: f.optional(
      access,
      { bind: '127.0.0.1', tls: true, cidrs: [], public: false },
      { description: 'How clients reach the engine.', examples: [{ bind: '127.0.0.1' }] },
    ),
    ports: f.list(publishedPort, {
      description: "Further ports that are published, beside the engine's.",
      examples: [[{ name: 'db', port: 5432 }]],
    }),
    tags: f.list(f.text, { description: 'Words to find the worker by, kept as a label.', examples: [['nightly']] }),
    id: label("the request's id"),
    organization_id: label('the organisation that owns the worker'),
    parent_id: label('the worker that sent the request'),
    group_id: f.optional(f.text, null, {
      description: 'From a request: the group that the engine joins. Default: drawn at random in the first apply.',
    }),
    mode: f.optional(mode, null, {
      description: 'From a request: a string, or a mapping whose `distribution_secret_key.key` becomes the key that the worker sends.',
    }),
    version: f.optional(f.tag, null, { ...melodium('its version, which also determines its image'), examples: ['0.11.0'] }),
    edition: f.optional(f.tag, null, melodium('its edition, for a version 0.10. Default: `alpine`, also for `scratch`')),
    os: f.optional(f.text, null, { description: 'From a request: ignored, because the image determines the system.' }),
    image: f.optional(f.image, null, melodium('its image, in place of the image of its version')),
    config: ignored.meta({ description: 'From a request: ignored.' }).optional(),
    local_exec: ignored.meta({ description: 'From a request: ignored. The service reads it in requests of Mélodium clients.' }).optional(),
    $schema: ignored.meta({ description: "For editors: this schema's address. Ignored." }).optional(),
  },
  mapping,
);

export type SpecFile = z.output<typeof specSchema>;
