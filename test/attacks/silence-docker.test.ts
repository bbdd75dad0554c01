import { writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { findEndpoint } from '../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../src/backends/docker/http-client.js';
import { dockerBackend } from '../../src/backends/docker/index.js';
import { rawRequest, sendRaw } from '../backends/docker/scoped-exec/raw-client.js';
import { makeContainer, serve } from '../backends/docker/scoped-exec/scene.js';
import { labelsOf } from '../backends/docker/subjects.js';
import { dockerAvailable, dockerSocket, images, must, ownedObjects, removeOwned } from '../support/docker.js';
import { startDockerProxy } from '../support/docker-proxy.js';
import { type FakeDocker, startFakeDocker } from '../support/fake-docker/index.js';
import { heldClock } from '../support/held-clock.js';
import { until } from '../support/poll.js';
import { afterTest, tempDir, uniqueName } from '../support/temp-dir.js';
import { attacks } from './attacks.js';
import { removeWhole, stopWhole } from '../support/whole.js';

const never = new Promise<never>(() => {});
const deadlines = 'deadlines by the kind of call';
const apart = "connections of a worker's end";

/** The backend on a daemon whose deadlines pass when the test says so. */
function open(host: string, env: Record<string, string | undefined> = {}) {
  const clock = heldClock();
  const backend = dockerBackend({ endpoint: findEndpoint({ ...env, DOCKER_HOST: host }), clock, execRoot: '/run/mayfly-none' });
  afterTest(() => backend.close());
  return { backend, clock };
}

/** Running containers of a worker, made by hand. TERM ends them, or does nothing to them. */
async function containers(worker: string, count: number, socket: string, { ignoresTerm = false } = {}): Promise<void> {
  const trap = ignoresTerm ? "trap '' TERM" : "trap 'exit 0' TERM";
  for (let index = 0; index < count; index += 1) {
    const name = index === 0 ? 'engine' : `c${index}`;
    const body = {
      Image: images.busybox,
      Cmd: ['sh', '-c', `${trap}; while :; do sleep 1000 & wait $!; done`],
      Labels: labelsOf(worker, `docker_container.${name}`),
      HostConfig: { NetworkMode: 'none' },
    };
    await must('POST', `/containers/create?name=mayfly-${worker}.${name}`, body, socket);
    await must('POST', `/containers/mayfly-${worker}.${name}/start`, undefined, socket);
  }
}

/** Stops and removes, as a keeper does. */
async function end(backend: Backend, worker: string): Promise<OwnedObject[]> {
  await stopWhole(backend, worker);
  await removeWhole(backend, worker);
  return backend.list(worker);
}

const isStop = (path: string) => path.includes('/stop');

/** Passes bytes on to a socket: the daemon at a TCP address. */
async function overTcp(socketPath: string): Promise<string> {
  const all = new Set<Socket>();
  const server = createServer((client) => {
    const daemon = connect(socketPath);
    for (const socket of [client, daemon]) all.add(socket.on('error', () => {}));
    client.pipe(daemon).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterTest(() => {
    for (const socket of all) socket.destroy();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** A directory with an `ssh` that leads to a socket of this machine. */
async function sshTo(socketPath: string): Promise<{ PATH: string }> {
  const directory = await tempDir('ssh');
  const script = `#!/bin/sh\nexec env DOCKER_HOST=unix://${socketPath} docker system dial-stdio\n`;
  await writeFile(join(directory, 'ssh'), script, { mode: 0o755 });
  return { PATH: `${directory}:${process.env.PATH}` };
}

/** A worker whose stops a proxy swallows, `acted`: after the daemon has done it. */
async function swallowed(moment: 'before' | 'acted', reach: (socketPath: string) => Promise<ReturnType<typeof open>>) {
  const proxy = await startDockerProxy({ onCall: (call) => (isStop(call.path) && call.moment === moment ? never : undefined) });
  afterTest(() => proxy.close());
  const worker = uniqueName('lost');
  afterTest(() => removeOwned(worker));
  await containers(worker, 2, dockerSocket());
  const { backend, clock } = await reach(proxy.socketPath);
  const ended = end(backend, worker);
  await until('both stops are asked for', () => clock.lasting().filter((ms) => ms === 30_000).length === 2);
  // Looks have connections of their own.
  const listed = await backend.list(worker);
  clock.pass(30_000);
  expect([listed.length, await ended, await ownedObjects(worker)]).toEqual([2, [], []]);
}

const overSocket = (socketPath: string) => Promise.resolve(open(`unix://${socketPath}`));

attacks(
  'silence: the daemon itself',
  {
    'a lost answer to a stop': {
      mechanism: deadlines,
      does: 'a proxy swallows the answers of POST …/stop after the daemon has acted',
      right: 'after grace and 20 s the containers are inspected, found stopped, and removed',
      check: () => swallowed('acted', overSocket),
    },
    'a stop that never arrives': {
      mechanism: deadlines,
      does: 'a proxy swallows POST …/stop before the daemon sees it',
      right: 'after grace and 20 s the containers are killed and removed',
      check: () => swallowed('before', overSocket),
    },
    'a lost answer over TCP': {
      mechanism: deadlines,
      does: 'the same at a tcp:// endpoint',
      right: 'the worker ends',
      check: () => swallowed('acted', async (socketPath) => open(await overTcp(socketPath))),
    },
    'a lost answer over ssh': {
      mechanism: deadlines,
      does: 'the same at an ssh:// endpoint',
      right: 'the worker ends',
      check: () => swallowed('acted', async (socketPath) => open('ssh://box', await sshTo(socketPath))),
    },
  },
  { unless: !dockerAvailable() },
);

async function fakeWith(workers: Record<string, number>): Promise<FakeDocker> {
  const fake = await startFakeDocker({ images: [images.busybox] });
  for (const [worker, count] of Object.entries(workers)) await containers(worker, count, fake.socketPath);
  return fake;
}

const scoped = 'time for each step of a client';

/** The socket of a worker with one container, on a daemon of its own. */
async function scopedExec() {
  const fake = await startFakeDocker({ images: [images.busybox] });
  const clock = heldClock();
  const { id } = await makeContainer('mayfly-w.build', { worker: 'w', daemon: fake.socketPath, image: images.busybox });
  const { socketPath } = await serve('w', fake.socketPath, { clock });
  return { fake, clock, socketPath, id };
}

/** A connection of a client, and what it has read. It reads on its own unless `paused`. */
function client(socketPath: string, paused = false): { socket: Socket; text(): string } {
  const socket = connect({ path: socketPath, allowHalfOpen: true }).on('error', () => {});
  afterTest(() => void socket.destroy());
  let text = '';
  if (!paused) socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return { socket, text: () => text };
}

/** By the server: its half, or all of it. */
const closed = (socket: Socket) => new Promise<void>((resolve) => void socket.once('end', resolve).once('close', resolve));
const upload = 'PUT /containers/build/archive?path=/ HTTP/1.1\r\nHost: docker\r\nTransfer-Encoding: chunked\r\n\r\n';
const ping = 'GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n';

attacks('silence: clients of the scoped exec socket', {
  '260 refused uploads': {
    mechanism: scoped,
    does: 'PUT …/archive, the body after the 403, then close',
    right: 'none stays open, and the socket serves the next client',
    async check() {
      const { socketPath } = await scopedExec();
      const refused = async () => {
        const { socket, text } = client(socketPath);
        socket.write(upload);
        await until('the refusal', () => text().startsWith('HTTP/1.1 403'));
        socket.write(Buffer.alloc(100_000));
        socket.end();
        await closed(socket);
      };
      for (const wave of [130, 130]) await Promise.all(Array.from({ length: wave }, refused));
      expect((await sendRaw(socketPath, ping)).status).toBe(200);
    },
  },
  'a refused client that stays': {
    mechanism: scoped,
    does: 'it reads the 403 and keeps its half open',
    right: 'it is cut after 30 s',
    async check() {
      const { socketPath, clock } = await scopedExec();
      const { socket, text } = client(socketPath);
      socket.write(upload);
      await until('the refusal', () => text().startsWith('HTTP/1.1 403'));
      await until('its time runs', () => clock.lasting().includes(30_000));
      clock.pass(30_000);
      let cut = false;
      socket.once('close', () => (cut = true));
      await until('its time is up', () => {
        socket.write('more');
        return cut;
      });
    },
  },
  'a client that does not read its answers': {
    mechanism: scoped,
    does: 'it asks for an answer of 2 MB and reads nothing',
    right: 'it is cut after 30 s, and its next request is not read before',
    async check() {
      const { socketPath, clock, fake } = await scopedExec();
      fake.faults.fail(({ path }) => path === '/_ping', { message: 'x'.repeat(2 ** 21) });
      const { socket } = client(socketPath, true);
      socket.write(ping);
      await until('its time runs', () => clock.lasting().includes(30_000));
      socket.write(ping);
      clock.pass(30_000);
      const gone = closed(socket);
      socket.resume();
      await gone;
      expect(fake.calls.filter(({ path }) => path === '/_ping')).toHaveLength(1);
    },
  },
  '300 idle connections': {
    mechanism: 'the longest idle gives way',
    does: 'clients connect and send nothing; then another asks',
    right: 'it is served, and the newest idle ones stay',
    async check() {
      const { socketPath } = await scopedExec();
      const all = Array.from({ length: 300 }, () => client(socketPath));
      let left = 0;
      for (const { socket } of all) socket.once('end', () => (left += 1));
      await until('the oldest are gone', () => left === 300 - 256);
      expect((await sendRaw(socketPath, ping)).status).toBe(200);
      all.at(-1)!.socket.write(ping);
      await until('the newest is served', () => all.at(-1)!.text().startsWith('HTTP/1.1 200'));
    },
  },
  'an exec whose start is never answered': {
    mechanism: deadlines,
    does: 'the daemon swallows POST /exec/…/start',
    right: 'its client is told after 60 s, and the connection to the daemon is free',
    async check() {
      const { socketPath, clock, fake } = await scopedExec();
      fake.faults.hang(({ path }) => path.endsWith('/start') && path.startsWith('/exec/'));
      const made = await sendRaw(socketPath, rawRequest('POST /containers/mayfly-w.build/exec', { body: { Cmd: ['true'] } }));
      const { socket, text } = client(socketPath);
      const headers = { Connection: 'Upgrade', Upgrade: 'tcp' };
      socket.write(rawRequest(`POST /exec/${String(made.body['Id'])}/start`, { headers, body: { Detach: false } }));
      await until('its time runs', () => clock.lasting().includes(60_000));
      clock.pass(60_000);
      await until('the answer', () => text().startsWith('HTTP/1.1 503'));
    },
  },
});

attacks('silence: a daemon that holds calls', {
  'a worker with many containers that ignore TERM': {
    mechanism: apart,
    does: '300 stops of one worker last; another worker is due',
    right: 'the other ends at once, and the first has its connections back after its deadline',
    async check() {
      const fake = await fakeWith({ many: 300, other: 3 });
      const ofMany = new Set((await ownedObjects('many', fake.socketPath)).map(({ id }) => `/containers/${id}/stop`));
      fake.faults.hang(({ path }) => ofMany.has(path));
      const { backend, clock } = open(fake.host);
      const many = end(backend, 'many');
      await until('128 stops are under way', () => fake.calls.filter(({ path }) => isStop(path)).length === 128);
      expect(await end(backend, 'other')).toEqual([]);
      const pump = setInterval(() => clock.pass(30_000), 20);
      afterTest(() => clearInterval(pump));
      expect(await many).toEqual([]);
    },
  },
  'a list that is never answered': {
    mechanism: deadlines,
    does: 'GET /containers/json gets no answer',
    right: 'an error after 60 s, with what to do',
    async check() {
      const fake = await fakeWith({});
      fake.faults.hang(({ path }) => path === '/containers/json');
      const { backend, clock } = open(fake.host);
      const list = backend.list();
      list.catch(() => {});
      await until('the list is asked for', () => clock.lasting().includes(60_000));
      clock.pass(60_000);
      await expect(list).rejects.toMatchObject({
        code: 'backend_unreachable',
        message: 'the docker daemon has not answered GET /containers/json within 60 s',
        remedy: expect.stringContaining('docker info') as string,
      });
    },
  },
  'an answer that stops in the middle': {
    mechanism: deadlines,
    does: 'a list arrives byte by byte and never ends',
    right: 'an error after 60 s, however many bytes came meanwhile',
    async check() {
      const dripping = createServer((socket) => {
        socket.on('error', () => {});
        socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n[');
          const drip = setInterval(() => socket.write(' '), 5);
          socket.once('close', () => clearInterval(drip));
        });
      });
      const path = join(await tempDir('drip'), 'docker.sock');
      await new Promise<void>((resolve) => dripping.listen(path, resolve));
      afterTest(() => dripping.close());
      const { backend, clock } = open(`unix://${path}`);
      const list = backend.list();
      list.catch(() => {});
      await until('the lists are asked for', () => clock.lasting().length === 2);
      clock.pass(60_000);
      await expect(list).rejects.toMatchObject({
        message: expect.stringMatching(/^the docker daemon has not answered GET .* within 60 s$/) as string,
      });
      await until('their connections are free', async () => (await promisify(dripping.getConnections.bind(dripping))()) === 0);
    },
  },
  'calls without a deadline': {
    mechanism: deadlines,
    does: 'the events and 60 logs are never answered, then given up',
    right: 'other calls go on meanwhile; each ends at once with what it was given up for, and frees its connection',
    async check() {
      const fake = await fakeWith({ quiet: 1 });
      fake.faults.hang(({ path }) => path === '/events' || path.endsWith('/logs'));
      const { backend, clock } = open(fake.host);
      const given = new AbortController();
      const sink = { stdout: new PassThrough(), stderr: new PassThrough() };
      const logs = Array.from({ length: 60 }, () =>
        backend.logs('quiet', 'engine', { follow: true, tail: null, since: null }, sink, given.signal),
      );
      const held = Promise.allSettled([backend.changed!(given.signal), ...logs]);
      await until('all are under way', () => fake.calls.filter(({ path }) => /events|logs/.test(path)).length === 61);
      expect([await end(backend, 'quiet'), clock.lasting()]).toEqual([[], []]);
      given.abort(new Error('enough'));
      const outcomes = (await held).map((one) => (one.status === 'rejected' ? (one.reason as Error).message : 'done'));
      expect(new Set(outcomes)).toEqual(new Set(['enough']));
    },
  },
  'a call that waits for its turn': {
    mechanism: deadlines,
    does: 'all 24 connections for looks are held, and a look that waits for one is given up',
    right: 'it ends at once',
    async check() {
      const fake = await fakeWith({});
      fake.faults.hang(({ path }) => path === '/networks/held');
      const http = new HttpClient(findEndpoint({ DOCKER_HOST: fake.host }), heldClock());
      const held = Promise.allSettled(Array.from({ length: 24 }, () => http.json('GET', '/networks/held')));
      await until('all are held', () => fake.calls.length === 24);
      const given = new AbortController();
      const waiting = http.json('GET', '/networks/next', { signal: given.signal });
      given.abort(new Error('enough'));
      await expect(waiting).rejects.toThrow('enough');
      http.close();
      await held;
    },
  },
});
