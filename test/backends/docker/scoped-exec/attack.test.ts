import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeDocker, startFakeDocker } from '../../../support/fake-docker/index.js';
import { type Attack, list, type Scene } from './attack-row.js';
import { attacks } from './attacks.js';
import { rawRequest, sendRaw } from './raw-client.js';
import { makeContainer, makeExec, serve, type Served } from './scene.js';
import { startTap, type Tap } from './tap.js';

let docker: FakeDocker;
let tap: Tap;
let served: Served;
let scene: Scene;

const secret = 'a-key-of-the-container';

beforeAll(async () => {
  docker = await startFakeDocker({ images: ['busybox:1'] });
  tap = await startTap(docker.socketPath);
  served = await serve('w', tap.socketPath);
  const make = async (name: string, worker?: string, body: object = {}) =>
    (
      await makeContainer(name, {
        daemon: docker.socketPath,
        image: 'busybox:1',
        Env: [`KEY=${secret}`],
        ...(worker && { worker }),
        ...body,
      })
    ).id;
  const own = await make('mayfly-w.build', 'w');
  const stranger = await make('stranger', undefined, { Labels: { 'dev.mayfly': 'w', worker: 'w' } });
  scene = {
    own,
    ownName: 'mayfly-w.build',
    app: await make('mayfly-w.app', 'w', { User: '1000:1000' }),
    engine: await make('mayfly-w.engine', 'w'),
    engineName: 'mayfly-w.engine',
    stranger,
    strangerName: 'stranger',
    neighbour: await make('mayfly-w2.build', 'w2'),
    neighbourName: 'mayfly-w2.build',
    strangerExec: await makeExec(stranger, docker.socketPath),
    ownExec: await makeExec(own, docker.socketPath),
    madeExec: await createThrough(own),
  };
});

afterAll(async () => {
  await served.close();
  await tap.cut();
  await docker.close();
});

async function createThrough(container: string, body: object = { Cmd: ['true'] }): Promise<string> {
  const { body: made } = await sendRaw(served.socketPath, rawRequest(`POST /v1.41/containers/${container}/exec`, { body }));
  return made['Id'] as string;
}

/** Vitest wants names before there is a scene; ids are of no matter to them. */
const placeholders = new Proxy({} as Scene, { get: (_, key) => String(key).padEnd(64, '0') });
const names = attacks(placeholders).map(({ name }) => name);

test('the table has more than 40 rows, each of its own name', () => {
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThan(40);
});

describe('refused, and the daemon hears nothing of it', () => {
  test.each(names)('%s', async (name) => {
    const { bytes, why, lookups = [] } = attacks(scene).find((attack): attack is Attack => attack.name === name)!;
    const before = { requests: tap.requests.length, calls: docker.calls.length, execs: docker.state.execs.size };
    const answer = await sendRaw(served.socketPath, bytes);
    expect(answer.status, answer.text).toBe(403);
    expect(answer.body.message).toMatch(why);
    expect(answer.text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(tap.requests.slice(before.requests)).toEqual(lookups);
    expect(docker.calls.length - before.calls).toBe(lookups.length);
    expect(docker.state.execs.size).toBe(before.execs);
  });
});

test('it is the request that is refused, not the client: what is allowed passes, in our own words', async () => {
  const from = tap.requests.length;
  const body = '{ "Container": "x", "AttachStdout": true, "Env": null, "User": "1000:1000", "Cmd": ["i\\u0064"] }';
  const headers = { 'X-Registry-Auth': 'x', 'X-HTTP-Method-Override': 'DELETE' };
  const made = await sendRaw(served.socketPath, rawRequest('POST /v1.41/containers/mayfly-w.app/exec', { body, headers }));
  expect(made.status).toBe(201);
  expect(tap.requests.slice(from)).toEqual([list, `GET /v1.41/containers/${scene.app}/json`, `POST /v1.41/containers/${scene.app}/exec`]);
  const call = docker.calls.at(-1)!;
  expect(call.body).toEqual({ AttachStdout: true, Env: null, User: '1000:1000', Cmd: ['id'] });
  expect(Object.keys(call.headers).sort()).toEqual(['connection', 'content-length', 'content-type', 'host']);
});

test('inspect tells what clients need, and neither keys nor paths of the host', async () => {
  const { status, body, text } = await sendRaw(served.socketPath, rawRequest(`GET /v1.41/containers/${scene.app.slice(0, 12)}/json`));
  expect(status).toBe(200);
  expect(body).toMatchObject({ Id: scene.app, Name: '/mayfly-w.app', State: { Running: true }, Config: { User: '1000:1000' } });
  expect(text).not.toContain(secret);
  expect(text).not.toContain('/var/lib/docker');
  expect(text).not.toContain('dev.mayfly');
});

test('refusals are noted, and a client that asks in a loop does not fill the log', () => {
  const refused = served.warnings.filter(({ message }) => message === 'scoped exec: refused');
  expect(refused[0]!.fields).toMatchObject({ method: 'GET', target: '/containers/json' });
  expect(served.warnings.length).toBeLessThan(50);
  expect(JSON.stringify(served.warnings)).not.toContain('Privileged');
});
