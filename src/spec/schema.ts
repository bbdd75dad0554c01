import * as z from 'zod';
import * as f from './fields.js';

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
      timeout: f.optional(f.duration(0.001), 5, { description: 'Time that one check may take.', examples: ['5s'] }),
      retries: f.optional(f.whole('', 1, 10_000), 12, {
        description: 'Number of failures in a row that make the container unhealthy. Its worker then does not become ready.',
        examples: [12],
      }),
      start_period: f.optional(f.duration(0), 0, {
        description: 'Time at the start in which failures do not count.',
        examples: ['10s'],
      }),
    },
    mapping,
  )
  .meta({ id: 'Healthcheck', title: 'healthcheck', description: 'A command that checks whether the container works.' });

const image = f.optional(f.image, null, {
  description: 'The image. The process backend needs none: a `command` is enough.',
  examples: ['alpine:3.20'],
});
const command = f.optional(f.command, null, {
  description: "The command, in place of the image's own. A string is run by `sh -c`.",
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
    description: "The worker is ready only after this check passes. Default: the image's own healthcheck; `none` switches that off.",
    examples: [{ command: ['pg_isready', '-h', 'localhost'] }, 'none'],
  },
);
const pullSecret = f.optional(f.pullSecret, null, {
  description:
    'Credentials for the image\'s registry: `env:NAME`, `file:PATH` (relative to the spec file) or a JSON object in a string. The content is `{"username": …, "password": …}`, or a docker config.json: its entry or credential helper for this registry is used. Default on Docker: the credentials that `docker login` stored for the registry, if any. mayfly uses the credentials to pull and writes them to no file; on AWS they are stored in a secret, which is removed with the worker.',
  examples: ['env:REGISTRY_AUTH'],
});

const engine = z
  .strictObject(
    {
      image,
      command,
      env,
      port: f.optional(f.whole('', 1, 65_535), null, {
        description: 'The port that the engine listens on. An engine without a port is ready when it runs.',
        examples: [8080],
      }),
      healthcheck: healthcheckField,
      exec: f.optional(f.flag, false, {
        description:
          'Whether the engine may run commands in its worker’s containers: `docker exec` then works in the engine, for these containers only.',
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
        description: 'The name that mounts use. The engine sees the volume at `/media/<name>`.',
        examples: ['work'],
      }),
      storage: f.required(f.whole('MB', 1), { description: 'The size in MB.', examples: [1000] }),
      medium: f.optional(z.enum(['disk', 'memory'], { error: 'must be disk or memory' }), 'disk' as const, {
        description:
          'Where the volume is stored. `memory` counts against the memory of the containers that mount it. On Docker, a `disk` volume belongs to root unless the image has a directory at the mount point. An image that runs as another user needs such a directory, owned by that user, or a `memory` volume.',
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
        description:
          'Absolute path of the volume in the container. It must be neither the same as nor inside another mount point of the container.',
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
  name: f.required(f.name, { description: 'The name by which the container is reached. Unique in the spec.', examples: ['build'] }),
  image,
  command,
  cpu: f.required(f.whole('millicores', 1), { description: 'Millicores: 1000 are one core.', examples: [500] }),
  memory: f.required(f.whole('MB', 6), { description: 'MB (2^20 bytes).', examples: [512] }),
  storage: f.required(f.whole('MB', 0), { description: 'MB, the volumes mounted in it included.', examples: [1000] }),
  arch,
  env,
  mounts: f.list(mount, { description: 'Volumes in the container.', examples: [[{ name: 'work', mount_point: '/work' }]] }),
  healthcheck: healthcheckField,
  pull_secret: pullSecret,
};

const container = z
  .strictObject(containerFields, mapping)
  .meta({ id: 'Container', title: 'containers[]', description: 'A container that the engine runs commands in.' });

const once = f.optional(f.flag, false, {
  description: 'Whether the container is meant to end: the worker is ready only after it has ended with 0. Any other code is a failure.',
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
        description: "Address of the host on which the engine's port is published.",
        examples: ['127.0.0.1'],
      }),
      tls: f.optional(f.flag, true, { description: 'Whether clients connect to the engine over TLS.', examples: [true] }),
      cidrs: f.list(f.cidr, {
        description: 'On AWS: networks that may connect to the port. Default: none.',
        examples: [['203.0.113.0/24']],
      }),
      public: f.optional(f.flag, false, {
        description: 'On AWS: whether the engine has a public address. In the default subnets it always has one.',
        examples: [true],
      }),
    },
    mapping,
  )
  .meta({ id: 'Access', title: 'access', description: 'How clients reach the engine.' });

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
    max_duration: f.required(f.whole('seconds', 1, month), {
      description: 'Seconds that the worker may live after it is ready.',
      examples: [1800],
    }),
    create_timeout: f.optional(f.whole('seconds', 1, month), 600, {
      description: 'Seconds that the worker may take to become ready.',
      examples: [600],
    }),
    max_cost: f.optional(f.amount, null, {
      description: 'Highest cost of the worker in US dollars. A backend that has a price refuses a worker that could cost more.',
      examples: [0.5],
    }),
    cpu: f.required(f.whole('millicores', 1), { description: "The engine's cpu in millicores: 1000 are one core.", examples: [1000] }),
    memory: f.required(f.whole('MB', 6), { description: "The engine's memory in MB (2^20 bytes).", examples: [512] }),
    storage: f.required(f.whole('MB', 0), {
      description: "The engine's storage in MB. All volumes together must fit in it.",
      examples: [5000],
    }),
    arch,
    backend: f.optional(f.text, null, {
      description: 'The backend that makes the worker. Default: the first that accepts.',
      examples: ['docker'],
    }),
    engine: f.optional(engine, null, {
      description: 'The engine. Default: the Mélodium engine.',
      examples: [{ image: 'alpine:3.20' }],
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
    access: f.optional(
      access,
      { bind: '127.0.0.1', tls: true, cidrs: [], public: false },
      { description: 'How clients reach the engine.', examples: [{ bind: '127.0.0.1' }] },
    ),
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
    local_exec: ignored.meta({ description: 'From a request: ignored.' }).optional(),
    $schema: ignored.meta({ description: "For editors: this schema's address. Ignored." }).optional(),
  },
  mapping,
);

export type SpecFile = z.output<typeof specSchema>;
