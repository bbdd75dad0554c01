import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { findRun } from '../../src/client/find-run.js';
import { request } from '../dispatch/http/scene.js';
import { clientOf, fakeServer, noSleep, service } from './scene.js';

const run = {
  ...{ id: '0', name: 'one', state: 'running', reason: null, node: 'a', worker: 'w', labels: {}, attempt: 1 },
  ...{ created: null, last_try: null, ready: null, ends: null, completed: null, exit_code: null },
};

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(typeof body === 'string' ? body : JSON.stringify(body));
}

test('a run is queued, found by name and id, extended and ended', async () => {
  const { remote, until } = await service();
  const { id, state } = await remote.submit(request, { key: 'key', labels: {} });
  expect(state).toBe('queued');
  await until(id, 'running');
  expect(await findRun(remote, 'one')).toMatchObject({ id, state: 'running', attempts: [{ number: 1, node: 'memory', error: null }] });
  expect(await findRun(remote, id)).toMatchObject({ id });
  const { ends } = await remote.run(id);
  expect(Date.parse((await remote.extend(id, 60)).ends!) - Date.parse(ends!)).toBe(60_000);
  expect(Object.keys(await remote.access(id))).toEqual(['access']);
  expect((await remote.events(id)).map(({ type }) => type).slice(0, 3)).toEqual(['queued', 'placed', 'provisioning']);
  expect((await remote.cancel(id, 'test')).state).toBe('ending');
  await until(id, 'cancelled');
  expect((await findRun(remote, 'one')).state).toBe('cancelled');
});

test('a repeated request with a key makes one run, and another spec under it is refused', async () => {
  const { remote } = await service();
  const first = await remote.submit(request, { key: 'key', labels: {} });
  expect((await remote.submit(request, { key: 'key', labels: {} })).id).toBe(first.id);
  await expect(remote.submit({ ...request, max_duration: 301 }, { key: 'key', labels: {} })).rejects.toMatchObject({ code: 'key_reused' });
  expect(await remote.allRuns({ name: 'one' })).toHaveLength(1);
});

test('a name of several living runs is an error that lists them; an ended one beside a living one is none', async () => {
  const { remote, until } = await service();
  const ended = await remote.submit(request, { key: 'a', labels: {} });
  await remote.cancel(ended.id, '');
  await until(ended.id, 'cancelled');
  const second = await remote.submit(request, { key: 'b', labels: {} });
  expect((await findRun(remote, 'one')).id).toBe(second.id);
  const third = await remote.submit(request, { key: 'c', labels: {} });
  const error = await findRun(remote, 'one').catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'worker_ambiguous', message: '2 living runs have this name', remedy: "give a run's id" });
  expect((error as { problems: { place: { path: string } }[] }).problems.map(({ place }) => place.path).sort()).toEqual(
    [second.id, third.id].sort(),
  );
  await expect(findRun(remote, 'two')).rejects.toMatchObject({ code: 'run_unknown' });
});

test("the service's errors keep code, place, cause and remedy", async () => {
  const { remote, url, clock } = await service();
  await expect(remote.submit({ name: 'one', max_duration: 300, engine: { image: 5 } }, { key: 'k', labels: {} })).rejects.toMatchObject({
    code: 'spec_invalid',
    place: { path: 'engine.image' },
  });
  await expect(remote.run('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'run_unknown' });
  await expect(clientOf(url, 'mfy_a_b', clock).nodes()).rejects.toMatchObject({
    code: 'token_invalid',
    remedy: 'set MAYFLY_TOKEN, or token_file in your own settings, to a token of this server',
  });
});

test('a code of a newer service is internal, with its words', async () => {
  const url = await fakeServer((_, response) =>
    reply(response, 418, { error: { code: 'teapot', message: 'no coffee', problems: [{ cause: 'no coffee', remedy: 'tea' }] } }),
  );
  await expect(clientOf(url, 't', noSleep()).nodes()).rejects.toMatchObject({ code: 'internal', message: 'no coffee', remedy: 'tea' });
});

test('GET and a POST with a key are sent again after answers that may pass; other POSTs are not', async () => {
  const seen: string[] = [];
  const url = await fakeServer(({ method, headers }, response) => {
    seen.push(`${method} ${String(headers['idempotency-key'])}`);
    if (seen.length % 3 === 0) reply(response, 200, run);
    else if (seen.length % 3 === 1) reply(response, 503, 'no json');
    else response.destroy();
  });
  const clock = noSleep();
  const client = clientOf(url, 't', clock);
  await client.run('0');
  await client.submit({}, { key: 'key', labels: {} });
  expect(seen).toEqual(['GET undefined', 'GET undefined', 'GET undefined', 'POST key', 'POST key', 'POST key']);
  expect(clock.slept).toEqual([500, 1000, 500, 1000]);
  await expect(client.cancel('0', '')).rejects.toMatchObject({ code: 'server_unreachable' });
  expect(seen).toHaveLength(7);
});

test('a server that never answers well is reported after four tries', async () => {
  let asked = 0;
  const url = await fakeServer((_, response) => {
    asked += 1;
    reply(response, 502, '<html>');
  });
  await expect(clientOf(url, 't', noSleep()).nodes()).rejects.toMatchObject({
    code: 'server_unreachable',
    place: { path: `server ${url}/` },
    message: 'answered 502 in another form than mayfly serve does',
  });
  expect(asked).toBe(4);
});

test('the token follows no redirect', async () => {
  let asked = 0;
  const other = await fakeServer((_, response) => {
    asked += 1;
    reply(response, 200, run);
  });
  const url = await fakeServer((_, response) => response.writeHead(307, { location: other }).end());
  await expect(clientOf(url, 't', noSleep()).run('0')).rejects.toMatchObject({
    message: 'answered 307 in another form than mayfly serve does',
  });
  expect(asked).toBe(0);
});

test('an interrupt ends a request, without another try', async () => {
  const stop = new AbortController();
  let asked = 0;
  const url = await fakeServer(() => {
    asked += 1;
    stop.abort(new Error('stopped'));
  });
  await expect(clientOf(url, 't', noSleep(), stop.signal).nodes()).rejects.toThrow('stopped');
  expect(asked).toBe(1);
});

test('words and fields of a newer service are accepted, and passed on', async () => {
  const url = await fakeServer((_, response) => reply(response, 200, { ...run, state: 'held', colour: 'blue' }));
  expect(await clientOf(url, 't', noSleep()).run('0')).toEqual({ ...run, state: 'held', colour: 'blue' });
});
