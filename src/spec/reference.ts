import { maxMegabytes } from './fields.js';
import { type JsonSchema, jsonSchema, referenceName } from './json-schema.js';

const intro = `# The spec

A spec is one file that describes a worker: YAML or JSON, of at most 1 MB. Mélodium is a dataflow language,
and its programs request workers. Names and units are those of such a request, so a request is a valid spec. The engine is the worker's own first container;
a spec without \`engine\` gets Mélodium's. \`null\` means absent. An unknown key is an error, except keys at the
top that begin with \`x-\`: they hold values for YAML anchors and for other programs. Sizes are in MB (2^20 bytes), cpu in millicores, times in
seconds; or with a unit: \`512M\`, \`1Gi\` (1024 MB, as \`1G\` is), \`500m\` of cpu, \`90s\`, \`15m\`, \`1h30m\`, \`7d\`.
`;

const notes = `## Names

The names of the engine, containers, service containers and volumes share one grammar (\`[a-z][a-z0-9-]{0,30}\`) and one
namespace; \`engine\`, \`lease\` and \`lease-<number>\` are reserved.

## Several workers in one file

A YAML file may hold several specs, one a document, separated by lines of \`---\`. Each needs its own \`name\`. \`validate\`, \`plan\`,
\`apply\`, \`destroy FILE\`, \`synth\` and \`graph\` process all of them. A worker that fails does not stop the others; the exit code
reports the failure. \`--name\` and \`plan --out\` need a file with one spec.

## Variables

\`\${env:NAME}\` in a value is replaced by the environment variable NAME when the file is read. \`\${env:NAME:-default}\` uses the default
when NAME is unset or empty; a default may hold references itself. A value that is exactly one reference may become a number or a
boolean. Write \`$\${env:NAME}\` for the literal characters; any other \`\${…}\` stays as it is. Keys are never replaced. Errors never show
a value that came from the environment.

A file of \`env_file\` is read at the same time: a line is \`NAME=VALUE\`, or \`NAME\` for the value in your own environment, which must then be
set. The value is the whole rest of the line, quotes included, as docker reads it (docker compose removes quotes). Empty lines and lines
that start with \`#\` are ignored.

## Rules

All rules are checked before anything is made. Each failure names file, line, column, path, cause and remedy.

1. cpu and memory add up over the engine and all containers: the backend must provide the sum.
2. A worker has one architecture: a container's \`arch\` may only repeat it.
3. The volumes' sizes together are at most the engine's \`storage\`.
4. A container's \`storage\` is at least the sum of the volumes mounted in it.
5. Every mount has either the name of a declared volume or a \`source\` that exists. Mount points are absolute; in a container they are neither repeated nor nested.
6. A volume with \`medium: memory\` counts against the memory of the containers that mount it: a warning.
7. Two servers that listen on one port cannot both run in a worker: a warning. See *What the containers of a worker share*.
8. A container with \`once: true\` has no healthcheck.
9. A \`cpu_limit\` is at least \`cpu\`.
10. The names, ports and host ports in \`ports\` are unique, and none is the engine's own port.

## Ready

mayfly checks these conditions after all containers have started. The worker is ready when all of them are true:

- The engine runs and listens on its \`port\`, on more than the loopback of its container. If an engine without a port has ended with 0,
  its worker is ready; any other code is a failure.
- Every executor and every service runs. If one ends, that is a failure, also with code 0. A program without a healthcheck is checked
  again 250 ms after the last start, so that a program that ends at once is not counted as ready. A container that only waits is checked once. So is
  the container of a \`run\`: its command starts at once, and fails if the program has ended.
- Every service with \`once: true\` has ended with 0. Any other code is a failure.
- Every healthcheck has passed, an image's own \`HEALTHCHECK\` included; \`healthcheck: none\` switches the image's own off. A check that
  fails \`retries\` times in a row is a failure, reported with the last output of the check.

Containers do not wait for each other at the start. Services, executors and the engine start as soon as their images are there: on Docker
after the engine, because they join its network; on AWS services start before the engine. A program that needs another one, such as a
migration that needs its database, must therefore try until it gets an answer. \`apply\`, \`run\` and \`wait --for ready\` wait for all.

Every \`list\`, \`show\` and \`wait --for ready\` checks the containers again. A worker is *degraded* when it was ready, and a container has
then ended, is missing, paused or unhealthy; \`show\` names the container. The worker continues until its end. Apply its spec again to
repair it.

## Artifacts

\`mayfly run\` copies files out of its worker when its command has ended, before the worker ends. \`artifacts\` of the engine and the containers
name them; \`run --artifact CONTAINER:PATH[:DEST]\` adds others. \`mayfly apply\` does not collect: use \`mayfly cp\` there.

- Paths begin in the container's working directory. Files are put in the directory that \`mayfly run\` is called in, and nowhere else.
- They are collected after success and after failure, after Ctrl-C or another signal (then the command gets TERM first), and when the worker
  expires. For that, the command gets TERM \`collect_grace\` before the worker's end, or half of \`max_duration\` before it if that is
  shorter, and KILL when half of this time has passed. Without artifacts, the command has the whole time.
- Collecting may take \`collect_grace\`; artifacts that are not complete by then are not kept. A second Ctrl-C skips them.
- An artifact that is missing or cannot be copied is a warning. If the command returned 0 and the artifact is not \`optional\`, \`run\` returns 1.
  Otherwise the exit code stays that of the command.
- An artifact larger than its \`max\` is not kept, and a warning names it.
- A link is kept if it leads to another collected file. Other links, devices and sockets are left out, and a warning names them. Owners
  become the caller, who can also read and change all files.
- Nothing is collected if \`mayfly run\` itself is killed (KILL), or if something else ends the worker first: the keeper because of
  \`storage\`, an engine that ends, or \`mayfly destroy\`. If only the command is killed for its memory, its artifacts are collected.

## Your own files in a container

A mount with \`source\` shows a directory or a file of your machine in a container, without a copy:

    mounts:
      - {source: ., mount_point: /src, copy_on_write: true}
      - {source: ./config, mount_point: /etc/app, read_only: true}

The path is relative to the spec file, must exist, and may lead outside of the spec's folder: that is a warning with the path. Links are
resolved when the spec is read, and the plan shows the path. The files count in no \`storage\`, and mayfly never removes them. Without \`read_only\` and \`copy_on_write\`
the container changes your files, with the rights of its user. With \`copy_on_write\` all that it writes stays in volumes of the worker,
counts in the container's \`storage\`, and ends with the worker. Do not change your files meanwhile: the container may see either version.

Only a Docker daemon of this machine mounts a source: not one behind \`ssh://\` or \`tcp://\`, nor in a virtual machine. Refused are \`/\`, and
all paths through which a container would see the socket or the data of the daemon, or mayfly's state. \`copy_on_write\` needs a daemon that runs as root with the
storage driver overlay2, and not Podman.

## A failed run

With \`retain: {failure: 10m}\`, a worker stays for 10 minutes after \`mayfly run\` has returned another code than 0, at most until its own end. It
does not stay after Ctrl-C or another signal, or if it expired or something else ended it. Its containers are stopped (TERM, then KILL after 10 s)
and kept with their files and volumes: \`mayfly logs\` and \`mayfly cp\` read them, and \`list\` and \`show\` report \`retained\`.
\`mayfly destroy\` ends the worker at once; \`run\` or \`apply\` with the same name replaces it. Without \`--name\`, each run has a name of its own.

## Commands and entrypoints

On Docker and AWS, a \`command\` replaces the image's \`CMD\`; the image's \`ENTRYPOINT\` stays. The entrypoint gets a list as its arguments;
if the image has no entrypoint, the list itself is run. A string becomes \`[sh, -c, …]\`. That works with an entrypoint that runs its
arguments, such as \`docker-entrypoint.sh\`. It does not work with an entrypoint that is the program itself, such as \`[psql]\`: write a list
of this program's arguments instead.

An \`entrypoint\` replaces the image's \`ENTRYPOINT\`, and without a \`command\` it drops the image's \`CMD\` too, as in docker compose. A string is
split at spaces and run without a shell. To run a program without the image's entrypoint, write \`entrypoint: [program]\`. On the process
backend, the words of the entrypoint come before those of the command.

An executor (\`containers\`) without a command and an entrypoint only waits: mayfly replaces those of the image by a waiting \`sh\`. An executor
with one of them runs it, and it must not end, because \`exec\` needs a running container. An image without \`sh\` needs a command.

\`engine: idle\` is for a worker that needs no engine of its own, such as a CI job: the engine runs the image of the first container and only
waits, as an executor without a command does. It takes 50 millicores and 32 MB.

\`working_dir\` and \`user\` also hold for commands of \`exec\` and \`run\` in the container. Docker makes a missing \`working_dir\`, owned by root. On
the process backend, \`working_dir: /src\` is \`src\` below the container's own directory, as for \`mayfly cp\`.

## Copied files

\`copy\` puts local files into containers: after the services are healthy, and before the worker is ready and \`run\` starts its command.

- \`from\` is relative to the spec file. Of a directory the content is copied: \`{from: ., to: /src}\` makes \`/src/Makefile\`. A file gets
  the name \`to\`, or its own name in an existing directory. Directories above \`to\` are made; existing files are replaced.
- Modes, times and links are kept, and links are never followed. Sockets, FIFOs and devices are left out; the plan and the apply count them.
  Hidden files are copied too, \`.git\` among them. A \`.git\` file of a worktree or a submodule leads to a directory elsewhere: that is a warning.
- \`from: git\` copies the files that git tracks in the repository of the spec file, \`git:PATH\` those below a directory, with their
  present content, submodules included and without \`.git\`. It needs \`git\` on this machine.
- The patterns of an \`ignore_file\` (\`.dockerignore\`, \`.mayflyignore\`, any name) are those of a \`.dockerignore\`: relative to \`from\`,
  with \`**\` and exceptions (\`!\`).
- \`owner: user\` (the default) gives the files to the container's user; \`keep\` keeps the numbers of the local owners; \`1000:1000\` are numbers.
  Directories above \`to\` belong to root. The process backend takes \`user\` only.
- The plan counts files and MB, and warns above 500 MB. The files are copied as they are at the time of the apply, also with a saved plan.
- Only new containers get files: an apply that makes or replaces a container copies into it, and one that changes nothing copies nothing. Use
  \`mayfly cp\` for a living worker. A copy that fails fails the apply, and a new worker is removed.

\`--copy FROM:CONTAINER:TO\` of \`run\` and \`apply\` adds a copy; there \`FROM\` is relative to the current directory.

## Files

\`files\` are put into a container between its creation and its start: init SQL, certificates, configuration. A changed file replaces the
container. Each file has at most 1 MB and all of a spec 10 MB, because the stack and the state (0600) hold their contents, as they hold
\`env\`; use \`copy\` for larger ones. No label, plan or log shows a content. An empty file is refused.

\`owner\` takes numbers, because names are those of the image: \`docker run --rm --entrypoint id IMAGE postgres\` prints them. A key that only
the server may read is \`mode: 0600\` with the server's \`owner\`. A file below a volume's mount point is put into the volume. Files are never
read back: a worker whose state is lost keeps its files until another change replaces the container.

## What the containers of a worker share

The containers of a worker share one network. A port on which one of them listens is reached by all at \`localhost\`; a service is reached at
its own name too. Two containers must therefore not listen on one port: two PostgreSQL servers in one worker need two ports
(\`env: { PGPORT: "5433" }\`). The plan warns when services of well-known images, or one of them and the engine, have the same port. It does
not detect other ports: a server whose port is in use ends, with a message in its log. Clients of a service should name the host. Without
\`-h localhost\`, \`psql\` and \`pg_isready\` use a socket in their own container, and while a PostgreSQL image initialises itself, its first
server answers on that socket only.

\`ports\` publishes further ports on \`access.bind\`, of any container of the worker. \`mayfly output ci ports.db\` prints one as \`127.0.0.1:32768\`,
for a shell; \`apply\` and \`show\` print all of them. mayfly does not check that a program listens there: give the service a healthcheck. As a
local process, a program has its port on the machine itself, and must listen on \`access.bind\`.

On Docker, every container runs with \`no-new-privileges\`: \`sudo\` and other set-uid programs get no more rights than their caller.

Every engine has its keys in its environment: \`MAYFLY_REMOTE_KEY\`, \`MAYFLY_SELF_KEY\`, \`MAYFLY_RUN_ID\` and \`MAYFLY_GROUP_ID\`. Everybody
who may run commands in the engine, or inspect it on the daemon, can read them. Containers do not get them.

## Cpu

\`cpu\` is the worker's claim: the sum must fit on the node. On Docker it is a share too: on a busy host a container gets at least its part, and
on a free one as much as it can use. \`cpu_limit: 2000\` is a hard limit of two cores beside the share. In a request (a spec without
\`engine\`) \`cpu\` is the hard limit, unless it sets \`cpu_limit\`. The plan shows which of both applies. Fargate limits the task as a whole and
refuses \`cpu_limit\`; local processes have neither shares nor limits.

## Storage

A Docker daemon on xfs with project quotas limits sizes on disk itself. For any other Docker daemon the plan shows a line, \`--strict\`
refuses, and the keeper measures every 30 s. If a \`disk\` volume or a container is larger than its \`storage\`, the keeper ends the worker, and
\`mayfly show\` gives the reason \`storage_exceeded\`. The size of a container is that of the files that it wrote outside of its volumes, plus
the size of its volumes, the volumes of its image included. Logs and volumes in memory do not count. Without
\`storage\`, or with 0, there is no limit; \`mayfly show NAME --sizes\` measures the disk in use. A worker
can write too much for up to 30 s, plus the time in which the daemon counts its files, plus 10 s for the worker's end. The limits are those
with which an object was made: a change of \`storage\` alone takes effect when another change replaces the object.

On the process backend, the same is true for volumes only. A program finds a volume below its own directory (\`media/work\`, not
\`/media/work\`) and at the path in \`MAYFLY_VOLUME_work\` (\`-\` becomes \`_\`); \`mayfly cp\` takes \`/media/work\`.
`;

/** The spec's reference in Markdown, made from its JSON Schema: the content of `docs/spec.md`. */
export function specReference(backends: readonly string[]): string {
  const root = jsonSchema(backends);
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

/** A maximum that only keeps sums exact is not shown. */
function rangeOf({ minimum, maximum = maxMegabytes }: JsonSchema): string {
  return maximum >= maxMegabytes ? `at least ${minimum}` : `${minimum} … ${maximum}`;
}

function typeOf(schema: JsonSchema, root: JsonSchema): string {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    const title = target?.title ?? '';
    return `[${title.replace('[]', '')}](#${title.replace(/[^a-z_-]/g, '')})`;
  }
  if (schema.anyOf) {
    const shown = schema.anyOf.filter((one) => one.type !== 'null' && one.$ref !== `#/$defs/${referenceName}`);
    const [number, spelled] = shown;
    if (number?.type === 'integer' && spelled?.pattern !== undefined) return `${typeOf(number, root)}, or with a unit`;
    return [...new Set(shown.map((one) => typeOf(one, root)))].join(' or ');
  }
  if (schema.enum) return schema.enum.map(code).join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items, root).replace(/^string$/, 'strings') : 'anything'}`;
  if (schema.type === 'object') return schema.additionalProperties && schema.propertyNames ? 'map of strings' : 'mapping';
  if (schema.type === 'integer') return `whole number, ${rangeOf(schema)}`;
  const types = [schema.type ?? 'anything'].flat();
  // A number or boolean beside a string is only another spelling of it, which the meaning explains.
  if (types.includes('string')) return 'string';
  return types.includes('boolean') ? '`true` or `false`' : (types[0] ?? 'anything');
}
