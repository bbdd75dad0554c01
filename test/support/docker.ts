import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { afterTest } from './temp-dir.js';

/** What scripts/test-images.sh makes. */
export const images = {
  busybox: 'mayfly-test/busybox:1',
  postgres: 'mayfly-test/postgres:15',
  engine: 'mayfly-test/engine:1',
  node: 'mayfly-test/node:1',
  job: 'mayfly-test/job:1',
} as const;

/** The daemon's socket that tests use, whatever the product would choose. */
export function dockerSocket(): string {
  const host = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  if (!host.startsWith('unix://')) throw new Error(`tests need a local Docker socket, DOCKER_HOST is ${host}`);
  return host.slice('unix://'.length);
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

export interface ApiReply<T> {
  status: number;
  body: T;
}

/** One call of the Engine API by the test itself. Any status is an answer; `body` is parsed JSON, text, or undefined. */
export function api<T = unknown>(method: string, path: string, body?: unknown, socketPath = dockerSocket()): Promise<ApiReply<T>> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
  return new Promise((resolve, reject) => {
    const req = request({ socketPath, agent, method, path: `/v1.41${path}`, headers }, (res) => {
      const chunks: Buffer[] = [];
      res.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
      res.once('end', () =>
        resolve({ status: res.statusCode ?? 0, body: parse(Buffer.concat(chunks).toString(), res.headers['content-type']) as T }),
      );
    });
    req.once('error', reject).end(payload);
  });
}

function parse(text: string, type = ''): unknown {
  if (text === '') return undefined;
  return type.startsWith('application/json') && !text.trimEnd().includes('\n') ? JSON.parse(text) : text;
}

/** The same, where anything but success is a mistake of the test. */
export async function must<T = unknown>(method: string, path: string, body?: unknown, socketPath?: string): Promise<T> {
  const reply = await api<T>(method, path, body, socketPath);
  if (reply.status >= 400) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
}

export interface DockerObject {
  kind: 'container' | 'volume' | 'network';
  id: string;
  name: string;
  labels: Record<string, string>;
}

interface Listed {
  Id?: string;
  Name?: string;
  Names?: string[];
  Labels: Record<string, string> | null;
}

/** Every container, volume and network there is. */
export async function allObjects(socketPath?: string): Promise<DockerObject[]> {
  const [containers, volumes, networks] = await Promise.all([
    must<Listed[]>('GET', '/containers/json?all=1', undefined, socketPath),
    must<{ Volumes: Listed[] | null }>('GET', '/volumes', undefined, socketPath),
    must<Listed[]>('GET', '/networks', undefined, socketPath),
  ]);
  const to = (kind: DockerObject['kind']) => (it: Listed) => {
    const name = it.Name ?? it.Names?.[0]?.slice(1) ?? '';
    return { kind, id: it.Id ?? name, name, labels: it.Labels ?? {} };
  };
  return [...containers.map(to('container')), ...(volumes.Volumes ?? []).map(to('volume')), ...networks.map(to('network'))];
}

/**
 * What mayfly made and has not removed: anything with a label of ours. `worker` is compared with the labels' values, so
 * that this needs no knowledge of their names. Without it the shared bridge counts too.
 */
export async function ownedObjects(worker?: string, socketPath?: string): Promise<DockerObject[]> {
  return (await allObjects(socketPath)).filter(({ labels }) => {
    const ours = Object.entries(labels).filter(([key]) => key.startsWith('dev.mayfly.'));
    return ours.length > 0 && (worker === undefined || ours.some(([, value]) => value === worker));
  });
}

/** Removes what a test left; never more than one worker's. */
export async function removeOwned(worker: string, socketPath?: string): Promise<void> {
  const order = { container: 0, volume: 1, network: 2 };
  const owned = (await ownedObjects(worker, socketPath)).sort((a, b) => order[a.kind] - order[b.kind]);
  await Promise.all(owned.filter((o) => o.kind === 'container').map((o) => removeObject(o, socketPath)));
  for (const object of owned.filter((o) => o.kind !== 'container')) await removeObject(object, socketPath);
}

export async function removeObject({ kind, id }: Pick<DockerObject, 'kind' | 'id'>, socketPath?: string): Promise<void> {
  await api('DELETE', `/${kind}s/${id}${kind === 'container' ? '?force=1&v=1' : ''}`, undefined, socketPath);
}

export interface Lookalikes {
  objects: DockerObject[];
  /** Those that are gone or look other than when seeded; empty when nobody touched them. */
  touched(): Promise<string[]>;
  remove(): Promise<void>;
}

/**
 * Objects that look like a worker's and aren't: names that begin as its own, labels that differ in a letter, and a container
 * whose labels name the worker in another's vocabulary. Removed after the test. `prefix` is what their names begin with.
 */
export async function seedLookalikes(name: string, socketPath?: string, prefix = name): Promise<Lookalikes> {
  const labels = [
    { 'dev.mayflower.worker': name, 'dev.mayfly': name },
    { 'com.example.mayfly.worker': name, worker: name, lifetime: '1' },
    {},
  ];
  const made: DockerObject[] = [];
  for (const [i, set] of labels.entries()) {
    const container = await must<{ Id: string }>(
      'POST',
      `/containers/create?name=${prefix}-engine-${i}`,
      {
        Image: images.busybox,
        Cmd: ['sleep', '100000'],
        Labels: set,
        HostConfig: { Init: true, NetworkMode: 'none' },
      },
      socketPath,
    );
    await must('POST', `/containers/${container.Id}/start`, undefined, socketPath);
    await must('POST', '/volumes/create', { Name: `${prefix}-lease-${900 + i}`, Labels: set }, socketPath);
    made.push({ kind: 'container', id: container.Id, name: `${prefix}-engine-${i}`, labels: set });
    made.push({ kind: 'volume', id: `${prefix}-lease-${900 + i}`, name: `${prefix}-lease-${900 + i}`, labels: set });
  }
  // None of a worker's own making joins it, so it costs no address pool to speak of.
  const network = await must<{ Id: string }>('POST', '/networks/create', { Name: `${prefix}-mayfly`, Labels: labels[0] }, socketPath);
  made.push({ kind: 'network', id: network.Id, name: `${prefix}-mayfly`, labels: labels[0] ?? {} });
  const looks = new Map(await Promise.all(made.map(async (o) => [o, await look(o, socketPath)] as const)));
  const lookalikes: Lookalikes = {
    objects: made,
    async touched() {
      const now = await Promise.all(made.map(async (o) => ((await look(o, socketPath)) === looks.get(o) ? [] : [`${o.kind} ${o.name}`])));
      return now.flat();
    },
    async remove() {
      for (const object of made) await removeObject(object, socketPath);
    },
  };
  afterTest(() => lookalikes.remove());
  return lookalikes;
}

interface Looks {
  Id?: string;
  Created?: string;
  CreatedAt?: string;
  State?: { Running: boolean; StartedAt: string };
  Config?: { Labels: unknown };
  Labels?: unknown;
}

/** What would differ if somebody had stopped, restarted, replaced or relabelled it. */
async function look({ kind, id }: DockerObject, socketPath?: string): Promise<string> {
  const { status, body } = await api<Looks>('GET', `/${kind}s/${id}${kind === 'container' ? '/json' : ''}`, undefined, socketPath);
  if (status !== 200) return 'gone';
  return JSON.stringify([
    body.Id,
    body.Created,
    body.CreatedAt,
    body.State?.Running,
    body.State?.StartedAt,
    body.Config?.Labels ?? body.Labels,
  ]);
}

let available: boolean | undefined;

/**
 * Whether the daemon answers and has the test images; asked once, in time for `describe.skipIf`.
 * @throws where it must be there (`MAYFLY_REQUIRE_DOCKER=1`) and isn't
 */
export function dockerAvailable(): boolean {
  available ??= askOnce();
  if (!available && process.env.MAYFLY_REQUIRE_DOCKER === '1') {
    throw new Error(
      'MAYFLY_REQUIRE_DOCKER is set, but no Docker daemon with the test images answers: scripts/setup-docker.sh, scripts/test-images.sh',
    );
  }
  return available;
}

function askOnce(): boolean {
  // Another process, because `describe` can't wait; only Node, because a client need not be there.
  const ask = `const { request } = require('node:http');
    for (const image of process.argv.slice(2)) request({ socketPath: process.argv[1], path: '/v1.41/images/' + image + '/json' },
      (res) => { res.resume(); if (res.statusCode !== 200) process.exit(1); }).once('error', () => process.exit(1)).end();`;
  try {
    execFileSync(process.execPath, ['-e', ask, dockerSocket(), ...Object.values(images)], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
