import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Readiness } from '../../../src/backends/ports/readiness.js';
import { probeCommand } from '../../../src/backends/process/health.js';
import type { Attributes } from '../../../src/plan/resource-schema.js';
import { eventually } from '../../contract/backend.js';
import { quietContext } from '../../contract/context.js';
import { forNode } from '../../cli/specs.js';
import { fasterClock, openPlace, type Place, processAttributes, processesWith, run } from './support.js';
import { plainEngine } from '../../support/as-image.js';

let place: Place;
const servers: Server[] = [];
beforeEach(() => {
  place = openPlace();
});
afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await place.close();
});

const listen = async (port = 0) => {
  const server = createServer().listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
};
const freePort = async () => {
  const { server, port } = await listen();
  server.close();
  await once(server, 'close');
  return port;
};
const engineOn = (port: number | null) => ({
  engine: { ...plainEngine, port },
});
const ask = (port: number | null, backend = place.backend) => backend.readiness('one', engineOn(port));
const serve = (port: number) => [process.execPath, '-e', `require("http").createServer((q,r)=>r.end("hello")).listen(${port},"127.0.0.1")`];
const settled = async (port: number | null, backend = place.backend): Promise<Readiness> => {
  let last: Readiness | undefined;
  await eventually('it is ready or has failed', async () => {
    last = await ask(port, backend);
    return last.ready || last.failed !== null;
  });
  if (!last) throw new Error('never asked');
  return last;
};
const check = (command: string, over: Attributes = {}) => ({
  healthcheck: { command: ['CMD-SHELL', command], interval: 1, timeout: 1, retries: 2, start_period: 0, ...over },
});

test('an engine is ready when it listens itself', async () => {
  const port = await freePort();
  await run(place.backend, 'one', 'engine', {
    port,
    memory: forNode,
    command: ['sh', '-c', `while [ ! -e go ]; do sleep 0.02; done; exec "${process.execPath}" -e '${serve(port)[2]}'`],
  });
  await eventually('its program runs', async () => (await ask(port)).waiting[0]?.for !== 'start');
  expect(await ask(port)).toEqual({
    ready: false,
    waiting: [{ container: 'engine', for: `port ${port} (nothing listens)` }],
    failed: null,
  });
  await writeFile(join(place.root, 'one', 'engine', 'home', 'go'), '');
  expect(await settled(port)).toEqual({ ready: true, waiting: [], failed: null });
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('hello');
});

test('a port that another program has is refused at the start', async () => {
  const { port } = await listen();
  await expect(run(place.backend, 'one', 'engine', { port, command: serve(port) })).rejects.toMatchObject({
    code: 'port_in_use',
    message: `port ${port} is in use by another program`,
  });
});

const losers: Record<string, (port: number) => string[]> = {
  'and the engine waits for it': () => ['sleep', '1000'],
  'and the engine has ended': (port) => [
    'sh',
    '-c',
    `while [ ! -e go ]; do sleep 0.02; done; exec "${process.execPath}" -e '${serve(port)[2]}'`,
  ],
};
for (const [title, command] of Object.entries(losers)) {
  test(`a port taken since the start is said, ${title}`, async () => {
    const port = await freePort();
    await run(place.backend, 'one', 'engine', { port, memory: forNode, command: command(port) });
    await listen(port);
    await writeFile(join(place.root, 'one', 'engine', 'home', 'go'), '');
    expect(await settled(port)).toEqual({
      ready: false,
      waiting: [],
      failed: { container: 'engine', reason: `port ${port} is in use by another program`, remedy: expect.stringMatching(/\S/) as string },
    });
  });
}

test('what has ended will not get ready', async () => {
  await run(place.backend, 'one', 'engine');
  await run(place.backend, 'one', 'db', { command: ['sh', '-c', 'exit 4'] });
  await eventually('it ended', async () => (await place.backend.list('one')).some(({ status }) => status === 'exited'));
  expect(await settled(null)).toMatchObject({ ready: false, failed: { container: 'db', reason: 'ended with exit code 4' } });
});

test('a command that is not there is never ready', async () => {
  await run(place.backend, 'one', 'engine', { command: ['no-such-command'] });
  await eventually('it ended', async () => (await place.backend.list('one'))[0]?.status === 'exited');
  expect(await settled(null)).toMatchObject({ ready: false, failed: { container: 'engine', reason: 'ended with exit code 127' } });
  expect((await place.backend.report('one'))[0]?.lastLines.join()).toContain('no-such-command: not found');
});

test('what was not started is waited for', async () => {
  await place.backend.drivers['mayfly_process']?.create('mayfly_process.db', processAttributes('one', 'db'), quietContext());
  expect(await ask(null)).toEqual({ ready: false, waiting: [{ container: 'engine', for: 'start' }], failed: null });
  await run(place.backend, 'one', 'engine');
  await eventually('the engine has begun', async () => (await ask(null)).waiting.length === 1);
  expect(await ask(null)).toEqual({ ready: false, waiting: [{ container: 'db', for: 'start' }], failed: null });
});

test('a healthcheck passes in the environment of its container', async () => {
  await run(place.backend, 'one', 'engine');
  await run(place.backend, 'one', 'db', { ...check('[ "$A" = b ] && [ -e up ]', { retries: 100 }), env: { A: 'b' } });
  const before = await ask(null);
  expect(before).toMatchObject({ ready: false, failed: null });
  expect(before.waiting.map(({ container }) => container)).toContain('db');
  await writeFile(join(place.root, 'one', 'db', 'home', 'up'), '');
  expect(await settled(null)).toEqual({ ready: true, waiting: [], failed: null });
});

test('a healthcheck that keeps failing is a failure, after its retries and not before', async () => {
  const { backend } = openPlace({ root: place.root, clock: fasterClock(10) });
  await run(place.backend, 'one', 'engine', check('echo no luck; exit 3', { interval: 5, retries: 2 }));
  const start = Date.now();
  expect(await settled(null, backend)).toMatchObject({
    failed: { container: 'engine', reason: 'is unhealthy: its healthcheck failed 2 times in a row, the last time: exit code 3: no luck' },
  });
  expect(Date.now() - start).toBeGreaterThan(400);
});

test('failures while it begins do not count', async () => {
  const { backend } = openPlace({ root: place.root, clock: fasterClock(10) });
  await run(place.backend, 'one', 'engine', check('exit 1', { interval: 0.5, retries: 1, start_period: 10 }));
  const start = Date.now();
  expect((await settled(null, backend)).failed?.container).toBe('engine');
  expect(Date.now() - start).toBeGreaterThan(800);
});

test('a healthcheck that hangs is ended, and is a failure', async () => {
  const { backend } = openPlace({ root: place.root, clock: fasterClock(10) });
  await run(place.backend, 'one', 'engine', { ...check('sleep 999', { retries: 1 }), env: { HANGS: 'yes' } });
  const before = processesWith('HANGS=yes').length;
  expect((await settled(null, backend)).failed?.container).toBe('engine');
  await eventually('no check is left', () => processesWith('HANGS=yes').length === before);
});

test('a healthcheck is a command, a script or nothing', () => {
  expect(probeCommand(['CMD', 'pg_isready', '-q'])).toEqual(['pg_isready', '-q']);
  expect(probeCommand(['CMD-SHELL', 'a && b'])).toEqual(['/bin/sh', '-c', 'a && b']);
  expect(probeCommand(['NONE'])).toBeNull();
  expect(probeCommand([])).toBeNull();
});
