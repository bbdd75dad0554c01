import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { allObjects, api, dockerSocket, must } from './docker.js';

/**
 * Objects that tests leave for the next run: the shared bridge; images that are costly to make, with the layers of earlier builds; sockets of
 * killed keepers, whose daemon was a proxy of the test, so that no other keeper removes them.
 */
const kept = [
  /^network mayfly$/,
  /^image (mayfly-keeper:.*|mayfly-test\/melodium:0\.11\.0-alpine-docker|busybox:local|<none>:<none>)$/,
  /^file \/run\/mayfly\/[0-9a-f]+\/[^/]+\/docker\.sock$/,
];

/** Directories outside of a test's own where mayfly keeps files. */
const directories = ['/run/mayfly', '/var/lib/mayfly', join(homedir(), '.local', 'state', 'mayfly')];

const record = 'MAYFLY_TEST_RECORD';

/** Notes which test file made a worker's name. */
export function recordName(name: string, file: string): void {
  const path = process.env[record];
  if (path) appendFileSync(path, `${name}\t${file}\n`);
}

/**
 * Vitest's global set-up: the whole daemon is after the run as it was before, and so are mayfly's directories. Test files share a daemon at
 * the same time, so that what is left is attributed by the names in it. Only in CI, where the daemon is the tests' own.
 */
export default async function wholeDaemon(): Promise<(() => Promise<void>) | undefined> {
  if (!process.env['CI'] || (await api('GET', '/_ping').catch(() => null))?.status !== 200) return undefined;
  const path = join(tmpdir(), `mayfly-record-${process.pid}`);
  process.env[record] = path;
  const before = await snapshot();
  const mounts = watchMounts();
  return async () => {
    const differing = await differences(before);
    mounts.close();
    const files = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
    rmSync(path, { force: true });
    if (differing.length === 0) return;
    const owners = files.map((line) => line.split('\t') as [string, string]);
    const lines = differing.map(([key, text]) => {
      const about = `${key} ${text} ${mounts.containersOf(key)}`;
      const owner = owners.find(([name]) => about.includes(name))?.[1] ?? 'an unknown test file';
      return `  ${about}: of ${owner}`;
    });
    // An error of a teardown is printed, and alone fails no run.
    process.exitCode = 1;
    throw new Error(`the daemon is not as it was before the tests:\n${lines.join('\n')}`);
  };
}

/** Files are waited for: a keeper removes the socket of a destroyed worker at its next look, which comes within 5 s. */
async function differences(before: ReadonlyMap<string, string>): Promise<[string, string][]> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const now = await snapshot();
    const left = [...now].filter(([key]) => !before.has(key));
    const gone = [...before].filter(([key]) => !now.has(key)).map(([key, text]): [string, string] => [key, `${text} (gone)`]);
    const differs = [...left, ...gone].filter(([key]) => !kept.some((one) => one.test(key)));
    if (!differs.some(([key]) => key.startsWith('file ')) || performance.now() > deadline) return differs;
    await setTimeout(200);
  }
}

/** Every object and file by a key; the text has names to attribute it by. */
async function snapshot(): Promise<Map<string, string>> {
  const [objects, images] = await Promise.all([allObjects(), must<{ Id: string; RepoTags: string[] | null }[]>('GET', '/images/json')]);
  return new Map([
    ...objects.map(({ kind, name, labels }) => [`${kind} ${name}`, JSON.stringify(labels)] as const),
    ...images.flatMap(({ Id, RepoTags }) => (RepoTags ?? [Id]).map((tag) => [`image ${tag}`, Id] as const)),
    ...directories.flatMap(filesIn).map((file) => [`file ${file}`, ''] as const),
  ]);
}

function filesIn(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
}

/** Volumes without a name of their own are attributed by the containers that have mounted them. */
function watchMounts(): { containersOf(key: string): string; close(): void } {
  const names = new Map<string, string>();
  const containers = new Map<string, string>();
  const filters = encodeURIComponent(JSON.stringify({ type: ['container', 'volume'], event: ['create', 'mount'] }));
  let rest = '';
  const events = request({ socketPath: dockerSocket(), path: `/v1.41/events?filters=${filters}` }, (reply) => {
    reply.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines.filter(Boolean)) {
        const { Type, Actor } = JSON.parse(line) as { Type: string; Actor: { ID: string; Attributes: Record<string, string> } };
        if (Type === 'container') names.set(Actor.ID, Actor.Attributes['name'] ?? '');
        else if (Actor.Attributes['container']) containers.set(`volume ${Actor.ID}`, Actor.Attributes['container']);
      }
    });
    // Ends with `close`.
    reply.on('error', () => {});
  });
  events.on('error', () => {}).end();
  return {
    containersOf: (key) => names.get(containers.get(key) ?? '') ?? '',
    close: () => void events.destroy(),
  };
}
