import { mostMegabytes } from './fields.js';
import { type JsonSchema, jsonSchema, referenceName } from './json-schema.js';

const intro = `# The spec

One file says what a worker is: YAML or JSON, of at most 1 MB, with the names and units of a Mélodium worker request, so that a
request is a valid spec. \`null\` means absent. An unknown key is an error. Sizes are in MB (2^20 bytes), cpu in millicores.
`;

const notes = `## Names

The names of the engine, containers, service containers and volumes share one grammar (\`[a-z][a-z0-9-]{0,30}\`) and one
namespace; \`engine\`, \`lease\` and \`lease-<number>\` are reserved.

## Several workers in one file

A YAML file may hold several specs, one a document, parted by lines of \`---\`. Each has a \`name\` of its own. \`validate\`, \`plan\`,
\`apply\`, \`destroy FILE\`, \`synth\` and \`graph\` take all of them; one that fails does not stop the others, and the exit code says so.
\`--name\` and \`plan --out\` are for a file of one.

## Variables

\`\${env:NAME}\` in a value is replaced by the environment variable NAME when the file is read; \`\${env:NAME:-default}\` gives the
default when it is unset or empty, and a default may hold references itself. A value that is one reference and nothing else may stand for a number or a boolean. Write
\`$\${env:NAME}\` for the characters themselves; any other \`\${…}\` is left alone. Keys are never replaced. Errors never show a value that
came from the environment.

## Rules

All are checked before anything is made; each failure names file, line, column, path, cause and remedy.

1. cpu and memory add up over the engine and all containers: that sum is what a backend is asked for.
2. One architecture a worker: a container's \`arch\` may only repeat it.
3. The volumes' sizes together are at most the engine's \`storage\`.
4. A container's \`storage\` is at least the sum of the volumes mounted in it.
5. Every mount names a declared volume; mount points are absolute, not nested, not repeated in a container.
6. A volume with \`medium: memory\` counts against the memory of the containers that mount it: a warning.
7. Two servers that are known to listen on one port cannot both run in a worker: a warning. See the section below.
8. A container with \`once: true\` has no healthcheck.

## Ready

The worker is ready when all of this is so, checked after all containers have started:

- The engine runs and listens on its \`port\`, on more than the loopback of its container. An engine without a port that ended with 0 is done,
  and its worker ready; any other code is a failure.
- Every executor and every service runs. One that ends is a failure, with any code, 0 too. Containers without a healthcheck are looked at
  again 250 ms after the last start, so that one that ends at once is not ready by chance.
- Every service with \`once: true\` has ended with 0. Any other code is a failure.
- Every healthcheck has passed, an image's own \`HEALTHCHECK\` included; \`healthcheck: none\` switches that one off. One that fails as many
  times in a row as its \`retries\` say is a failure, reported with the last output of the check.

Nobody waits for anybody at the start: services, executors and the engine start as soon as their images are there, on Docker after the
engine, whose network they join, on AWS services before it. So a program that needs another, a migration that needs its database, tries
until that one answers. \`apply\`, \`run\` and \`wait --for ready\` wait for all.

Containers are looked at again by every \`list\`, \`show\` and \`wait --for ready\`. A worker that was ready and of which a container ended, is
missing, paused or unhealthy is *degraded*; \`show\` says which. It goes on until its end, and applying its spec again mends it.

## Commands and entrypoints

On Docker and AWS a \`command\` takes the place of the image's \`CMD\` and leaves its \`ENTRYPOINT\`. A list is given to the entrypoint as its
arguments, or run as it is where the image has none. A string becomes \`[sh, -c, …]\`: with an entrypoint that runs its arguments, such as
\`docker-entrypoint.sh\`, that works; with one that is the program itself, such as \`[psql]\`, it does not. Then write a list of that program's
arguments.

An executor (\`containers\`) without a command waits until it is ended, in place of the image's entrypoint and command, by the \`sh\` of its
image. One with a command runs that instead, and must not end: \`exec\` needs it to run. An image without \`sh\` needs a command of its own.

## What the containers of a worker share

They share one network: what one of them listens on, all reach at \`localhost\`, and a service at its own name too. So no two of them may listen
on one port: two PostgreSQL servers in one worker need two (\`env: { PGPORT: "5433" }\`). The plan warns of the engine's port and of services
of well-known images. Other ports it does not know: a server that finds its port taken ends, and its log says so. Clients of a service
should name the host: without \`-h localhost\`, \`psql\` and \`pg_isready\` look for a socket in their own container, and while an image of
PostgreSQL sets itself up its first server answers on that socket only.

On Docker every container runs with \`no-new-privileges\`: \`sudo\` and other set-uid programs get no more rights than who starts them.

Every engine has its keys in its environment: \`MAYFLY_REMOTE_KEY\`, \`MAYFLY_SELF_KEY\`, \`MAYFLY_RUN_ID\` and \`MAYFLY_GROUP_ID\`. Who may run
commands in the engine, or inspect it on the daemon, can read them. A container has none of them.

## Storage

Where the backend can, it limits sizes on disk itself: docker on xfs with project quotas. Any other Docker daemon gets a line in the plan,
\`--strict\` refuses it, and the keeper measures every 30 s: a worker of which a \`disk\` volume or a container has outgrown its \`storage\` is
ended, with the reason \`storage_exceeded\` in \`mayfly show\`. A container's is what it wrote beside its volumes, and its volumes, those of its
image among them; logs and volumes in memory don't count, and \`storage: 0\` asks for nothing. What is written in the meantime is too much by
up to 30 s, the time the daemon takes to count its files, and 10 s for the worker's own end. The sizes are those with which an object was
made: a change of \`storage\` alone reaches it when something else replaces it.
On the process backend the same goes for volumes, and for nothing else. There a program finds a volume below its own directory
(\`media/work\`, not \`/media/work\`) and at the path in \`MAYFLY_VOLUME_work\` (\`-\` becomes \`_\`); \`mayfly cp\` takes \`/media/work\`.
`;

/** The spec's reference in Markdown, made of its JSON Schema: the content of \`docs/spec.md\`. */
export function specReference(): string {
  const root = jsonSchema();
  const objects = Object.values(root.$defs ?? {}).filter((one) => one.properties);
  // The root's fields name the objects in the order in which a reader meets them.
  const order = Object.keys(root.properties ?? {});
  const rank = (one: JsonSchema) => {
    const at = order.indexOf((one.title ?? '').replace('[]', ''));
    return at < 0 ? order.length : at;
  };
  const sections = objects
    .toSorted((a, b) => rank(a) - rank(b))
    .map((one) => `## \`${one.title}\`\n\n${one.description}\n\n${table(one, root)}`);
  return [intro, `## The file\n\n${table(root, root)}`, ...sections, notes].join('\n');
}

function table(object: JsonSchema, root: JsonSchema): string {
  const rows = Object.entries(object.properties ?? {}).map(([key, field]) => {
    const required = object.required?.includes(key) ?? false;
    return `| \`${key}\` | ${typeOf(field, root)} | ${required ? 'required' : fallbackOf(field)} | ${meaning(field)} |`;
  });
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function fallbackOf(field: JsonSchema): string {
  const { default: fallback } = field;
  const nothing = fallback === undefined || fallback === null || JSON.stringify(fallback) === '[]' || JSON.stringify(fallback) === '{}';
  return nothing ? '–' : code(fallback);
}

function meaning(field: JsonSchema): string {
  const examples = (field.examples ?? [])
    .filter((one) => JSON.stringify(one) !== JSON.stringify(field.default))
    .map(code)
    .join(' or ');
  return `${field.description ?? ''}${examples === '' ? '' : ` E.g. ${examples}`}`.replaceAll('|', '\\|').trim();
}

const code = (value: unknown) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

/** A limit that only keeps sums exact says nothing to a reader. */
function rangeOf({ minimum, maximum = mostMegabytes }: JsonSchema): string {
  return maximum >= mostMegabytes ? `at least ${minimum}` : `${minimum} … ${maximum}`;
}

function typeOf(schema: JsonSchema, root: JsonSchema): string {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    const title = target?.title ?? '';
    return `[${title.replace('[]', '')}](#${title.replace(/[^a-z_-]/g, '')})`;
  }
  if (schema.anyOf) {
    const shown = schema.anyOf.filter((one) => one.type !== 'null' && one.$ref !== `#/$defs/${referenceName}`);
    return [...new Set(shown.map((one) => typeOf(one, root)))].join(' or ');
  }
  if (schema.enum) return schema.enum.map(code).join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items, root).replace(/^string$/, 'strings') : 'anything'}`;
  if (schema.type === 'object') return schema.additionalProperties && schema.propertyNames ? 'map of strings' : 'mapping';
  if (schema.type === 'integer') return `whole number, ${rangeOf(schema)}`;
  const types = [schema.type ?? 'anything'].flat();
  // Numbers and booleans beside strings are another spelling of them: the meaning says so.
  if (types.includes('string')) return 'string';
  return types.includes('boolean') ? '`true` or `false`' : (types[0] ?? 'anything');
}
