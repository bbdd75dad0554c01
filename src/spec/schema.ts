import * as z from 'zod';
import * as f from './fields.js';
import { backendNames } from './worker-spec.js';

const mapping = { error: 'must be a mapping' };
const month = 2_592_000;

const healthcheck = z
  .strictObject(
    {
      command: f.required(f.healthCommand, {
        description:
          'Healthy when it returns 0. A list is run as it is, a string by the shell; a list may start with `CMD` or `CMD-SHELL`.',
        examples: [['pg_isready', '-h', 'localhost'], 'curl -fs localhost:8080'],
      }),
      interval: f.optional(f.duration(0.001), 5, {
        description: 'Time between two checks: seconds, or a duration.',
        examples: ['5s', 0.5],
      }),
      timeout: f.optional(f.duration(0.001), 5, { description: 'Time one check may take.', examples: ['5s'] }),
      retries: f.optional(f.whole('', 1, 10_000), 12, {
        description: 'Failures in a row that make it unhealthy; its worker does not get ready then.',
        examples: [12],
      }),
      start_period: f.optional(f.duration(0), 0, {
        description: 'Time at the start in which failures do not count.',
        examples: ['10s'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Healthcheck', title: 'healthcheck', description: 'How to tell that it works.' });

const image = f.optional(f.image, null, {
  description: 'What it is made from. The process backend needs none; there a `command` is enough.',
  examples: ['alpine:3.20'],
});
const command = f.optional(f.command, null, {
  description: "What it runs, in place of the image's own command. A string is run by `sh -c`.",
  examples: [['sleep', 'infinity'], 'make && make test'],
});
const env = f.optional(
  f.env,
  {},
  {
    description: 'Environment variables. Numbers and booleans become strings, as they are spelled.',
    examples: [{ LOG_LEVEL: 'debug' }],
  },
);
const healthcheckField = f.optional(
  z.union([healthcheck, z.enum(['none'], { error: 'must be a mapping, or none' })], { error: 'must be a mapping, or none' }),
  null,
  {
    description: "When present, the worker is ready only once this passes. Without it the image's own counts; `none` switches that off.",
    examples: [{ command: ['pg_isready', '-h', 'localhost'] }, 'none'],
  },
);
const pullSecret = f.optional(f.pullSecret, null, {
  description:
    'Credentials of the image\'s registry: `env:NAME`, `file:PATH` (relative to the spec file) or a JSON object in a string. Each holds `{"username": …, "password": …}` or a docker config.json, of which that registry\'s own entry or credential helper is used. Without it, Docker gets what `docker login` stored for the registry, if anything. Used when pulling, in no file; on AWS it is a secret of the worker, as long as that lives.',
  examples: ['env:REGISTRY_AUTH'],
});

const engine = z
  .strictObject(
    {
      image,
      command,
      env,
      port: f.optional(f.whole('', 1, 65_535), null, {
        description: 'The port it listens on and is reached at. Without one it is ready when it runs.',
        examples: [8080],
      }),
      healthcheck: healthcheckField,
      exec: f.optional(f.flag, false, {
        description:
          'Whether it may run commands in its worker’s containers: `docker exec` works in it then, for these containers and no others.',
        examples: [true],
      }),
      pull_secret: pullSecret,
    },
    mapping,
  )
  .meta({ id: 'Engine', title: 'engine', description: "The worker's own first container." });

const volume = z
  .strictObject(
    {
      name: f.required(f.name, {
        description: 'What mounts call it; the engine sees it at `/media/<name>`.',
        examples: ['work'],
      }),
      storage: f.required(f.whole('MB', 1), { description: 'Its size, MB.', examples: [1000] }),
      medium: f.optional(z.enum(['disk', 'memory'], { error: 'must be disk or memory' }), 'disk' as const, {
        description:
          'Where it is kept. `memory` counts against the memory of the containers that mount it. On Docker, `disk` belongs to root unless the image has a directory at the mount point: an image of another user needs that directory, owned by its user, or `memory`.',
        examples: ['disk'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Volume', title: 'volumes[]', description: 'Storage that the engine and the containers share.' });

const mount = z
  .strictObject(
    {
      name: f.required(f.name, { description: 'A volume of this spec.', examples: ['work'] }),
      mount_point: f.required(f.mountPoint, {
        description: 'Where the container sees it: an absolute path, neither repeated nor inside another of the same container.',
        examples: ['/work'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Mount', title: 'mounts[]', description: 'A volume in a container.' });

const arch = f.optional(z.enum(['amd64', 'arm64'], { error: 'must be amd64 or arm64' }), null, {
  description: 'The architecture; one for the whole worker.',
  examples: ['amd64'],
});

const containerFields = {
  name: f.required(f.name, { description: 'Its name, and the name it is reached by. Unique in the spec.', examples: ['build'] }),
  image,
  command,
  cpu: f.required(f.whole('millicores', 1), { description: 'Millicores: 1000 are one core.', examples: [500] }),
  memory: f.required(f.whole('MB', 6), { description: 'MB (2^20 bytes).', examples: [512] }),
  storage: f.required(f.whole('MB', 0), { description: 'MB, the volumes mounted in it included.', examples: [1000] }),
  arch,
  env,
  mounts: f.list(mount, { description: 'The volumes it sees.', examples: [[{ name: 'work', mount_point: '/work' }]] }),
  healthcheck: healthcheckField,
  pull_secret: pullSecret,
};

const container = z
  .strictObject(containerFields, mapping)
  .meta({ id: 'Container', title: 'containers[]', description: 'An executor the engine runs commands in.' });

const once = f.optional(f.flag, false, {
  description: 'Whether it is meant to end: the worker is ready only once it has ended with 0. Any other code is a failure.',
  examples: [true],
});

const serviceContainer = z.strictObject({ ...containerFields, once }, mapping).meta({
  id: 'ServiceContainer',
  title: 'service_containers[]',
  description: 'A service the worker needs, such as a database.',
});

const access = z
  .strictObject(
    {
      bind: f.optional(f.address, '127.0.0.1', {
        description: "The address of the host that the engine's port is published on.",
        examples: ['127.0.0.1'],
      }),
      tls: f.optional(f.flag, true, { description: 'Whether the engine is spoken to over TLS.', examples: [true] }),
      cidrs: f.list(f.cidr, {
        description: 'On AWS: the networks that reach the port. None by default.',
        examples: [['203.0.113.0/24']],
      }),
      public: f.optional(f.flag, false, {
        description: 'On AWS: whether it is reached at a public address. In the default subnets it always has one.',
        examples: [true],
      }),
    },
    mapping,
  )
  .meta({ id: 'Access', title: 'access', description: 'How the engine is reached.' });

/** A request's mode is a word, or an object that may carry the key the engine is spoken to with. */
const mode = z
  .union([f.text, z.looseObject({ distribution_secret_key: z.looseObject({ key: f.text.nullish() }).nullish() })], {
    error: 'must be a string or a mapping',
  })
  .transform((value) => (typeof value === 'string' ? null : (value.distribution_secret_key?.key ?? null)));

const label = (what: string) => f.optional(f.text, null, { description: `From a request: ${what}, kept as a label.` });
const melodium = (what: string) => ({ description: `Of the Mélodium engine, when \`engine\` is absent: ${what}.` });
const ignored = z.unknown();

/** A spec file as written: input is YAML's or JSON's values, output has every default filled in. */
export const specSchema = z.strictObject(
  {
    name: f.optional(f.name, null, {
      description: "Identifies the worker on its backend. Default: the file's name without its extension.",
      examples: ['ci'],
    }),
    max_duration: f.required(f.whole('seconds', 1, month), {
      description: 'Seconds it may live once it is ready.',
      examples: [1800],
    }),
    create_timeout: f.optional(f.whole('seconds', 1, month), 600, {
      description: 'Seconds it may take to become ready.',
      examples: [600],
    }),
    max_cost: f.optional(f.amount, null, {
      description: 'The most that it may cost, US dollars, on a backend that has a price: one that would cost more is refused.',
      examples: [0.5],
    }),
    cpu: f.required(f.whole('millicores', 1), { description: 'Of the engine, millicores: 1000 are one core.', examples: [1000] }),
    memory: f.required(f.whole('MB', 6), { description: 'Of the engine, MB (2^20 bytes).', examples: [512] }),
    storage: f.required(f.whole('MB', 0), {
      description: 'Of the engine, MB; all volumes together must fit in it.',
      examples: [5000],
    }),
    arch,
    backend: f.optional(z.enum(backendNames, { error: `must be ${backendNames.join(', ')}` }), null, {
      description: 'Where the worker is made. Default: the first that accepts.',
      examples: ['docker'],
    }),
    engine: f.optional(engine, null, {
      description: 'The engine; without it the Mélodium engine is meant.',
      examples: [{ image: 'alpine:3.20' }],
    }),
    volumes: f.list(volume, {
      description: 'Volumes that the engine and the containers share.',
      examples: [[{ name: 'work', storage: 1000 }]],
    }),
    containers: f.list(container, {
      description: 'The executors the engine runs commands in.',
      examples: [[{ name: 'build', image: 'rust:1.80', cpu: 1000, memory: 1024, storage: 2000 }]],
    }),
    service_containers: f.list(serviceContainer, {
      description: 'The services the worker needs.',
      examples: [[{ name: 'db', image: 'postgres:16', cpu: 500, memory: 256, storage: 500 }]],
    }),
    access: f.optional(
      access,
      { bind: '127.0.0.1', tls: true, cidrs: [], public: false },
      { description: 'How the engine is reached.', examples: [{ bind: '127.0.0.1' }] },
    ),
    tags: f.list(f.text, { description: 'Words to find it by, kept as a label.', examples: [['nightly']] }),
    id: label('its id'),
    organization_id: label('whose it is'),
    parent_id: label('the worker that asked for it'),
    group_id: f.optional(f.text, null, {
      description: 'From a request: the group the engine joins. Drawn at the first apply when absent.',
    }),
    mode: f.optional(mode, null, {
      description: 'From a request: a string, or a mapping whose `distribution_secret_key.key` becomes the key the worker sends.',
    }),
    version: f.optional(f.tag, null, { ...melodium('its version; its image is chosen by it'), examples: ['0.11.0'] }),
    edition: f.optional(f.tag, null, melodium('the edition of a 0.10 version; `scratch` and none mean `alpine`')),
    os: f.optional(f.text, null, { description: 'From a request: ignored, an image says what system it is of.' }),
    image: f.optional(f.image, null, melodium('its image, in place of the one its version has')),
    config: ignored.meta({ description: 'From a request: ignored.' }).optional(),
    local_exec: ignored.meta({ description: 'From a request: ignored.' }).optional(),
    $schema: ignored.meta({ description: "For editors: this schema's address. Ignored." }).optional(),
  },
  mapping,
);

export type SpecFile = z.output<typeof specSchema>;
