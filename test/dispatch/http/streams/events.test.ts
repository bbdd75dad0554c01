import { expect, test } from 'vitest';
import { api, request, type Api } from '../scene.js';
import { openStream, parsed } from './scene.js';

async function submit({ ask }: Api, more: object = {}, token?: string): Promise<string> {
  return ((await ask('/v1/runs', { body: { spec: request, ...more }, ...(token && { token }) })).body as { id: string }).id;
}

const whole = ['queued', 'placed', 'provisioning', 'ready', 'worker_gone', 'completed'];

async function end(scene: Api, id: string, code = 0): Promise<void> {
  const { worker } = await scene.until(id, 'running');
  scene.hand.exit(worker as string, 'engine', code);
  await scene.until(id, 'completed');
}

test('a new stream shows its place, and then the events of all runs as they are stored', async () => {
  const scene = await api();
  await submit(scene);
  await scene.clock.advance(0);
  const { newest } = await scene.store.sequences();
  const stream = await openStream(scene, '/v1/events');
  expect(await stream.text()).toBe(`retry: 1000\n\nevent: position\nid: ${newest}\ndata: {"sequence":${newest}}\n\n`);
  expect([stream.status, stream.headers.get('content-type'), stream.headers.get('cache-control')]).toEqual([
    200,
    'text/event-stream',
    'no-store',
  ]);
  const id = await submit(scene);
  await end(scene, id);
  const { ids, types } = parsed(await stream.text());
  const stored = (await scene.store.events({ after: newest, limit: 100 })).map(({ sequence }) => sequence);
  expect(ids).toEqual(stored);
  expect(types.filter((type) => whole.includes(type))).toEqual(expect.arrayContaining(whole));
});

test('the stream of a run begins with its first event, and has those of no other run', async () => {
  const scene = await api();
  const first = await submit(scene);
  await end(scene, first);
  const stream = await openStream(scene, `/v1/runs/${first}/events`);
  expect(parsed(await stream.text()).types).toEqual(whole);
  const second = await submit(scene);
  const later = await openStream(scene, `/v1/runs/${second}/events`);
  await end(scene, second);
  await scene.store.addEvent(first, 1, { at: 0, type: 'note', data: {} });
  expect(parsed(await stream.text()).types).toEqual([...whole, 'note']);
  expect(parsed(await later.text()).types).toEqual(whole);
});

test('the page of a run stays as it is for clients that accept JSON', async () => {
  const scene = await api();
  const id = await submit(scene);
  const { status, body } = await scene.ask(`/v1/runs/${id}/events?after=0&limit=1`, { headers: { accept: 'application/json, */*' } });
  expect([status, body]).toMatchObject([
    200,
    { events: [{ run: id, attempt: 0, type: 'queued', at: expect.stringMatching(/Z$/) as string }] },
  ]);
});

test('a client that comes back with its last id gets each later event once, also one of many pages', async () => {
  const scene = await api();
  const id = await submit(scene);
  const count = 450;
  await Promise.all(Array.from({ length: count }, (_, at) => scene.store.addEvent(id, 0, { at, type: 'note', data: {} })));
  const all = (await scene.store.events({ limit: 1000 })).map(({ sequence }) => sequence);
  for (const path of ['/v1/events', `/v1/runs/${id}/events`]) {
    const first = await openStream(scene, `${path}?after=0`, { takes: 3 });
    const { ids } = parsed(await first.text());
    await first.leave();
    expect(ids).toEqual(all.slice(0, 200));
    const second = await openStream(scene, `${path}?after=0`, { headers: { 'last-event-id': String(ids.at(-1)) } });
    expect(parsed(await second.text()).ids, path).toEqual(all.slice(200));
  }
});

test('an organisation sees its own events only, and filters by type and by label', async () => {
  const scene = await api();
  const other = await scene.tokenOf('other', 'submit');
  const read = await scene.tokenOf('team', 'read');
  const red = await submit(scene, { labels: { team: 'red' } });
  await submit(scene, { labels: { team: 'blue' } });
  await submit(scene, {}, other);
  const runsOf = async (query: string, token: string) => {
    const text = await (await openStream(scene, `/v1/events?after=0${query}`, { token })).text();
    return [...text.matchAll(/"run":"([^"]+)".*"type":"(\w+)"/g)].map(([, run, type]) => [run, type]);
  };
  const own = await runsOf('', read);
  expect(new Set(own.map(([run]) => run)).size).toBe(2);
  expect(new Set((await runsOf('', other)).map(([run]) => run)).size).toBe(1);
  expect(await runsOf('&type=queued,gone&label=team%3Dred', read)).toEqual([[red, 'queued']]);
  expect((await runsOf('&label=team%3Dred', read)).length).toBeGreaterThan(1);
  expect((await openStream(scene, `/v1/runs/${red}/events`, { token: other })).status).toBe(404);
});

test('a silent stream shows every 15 s that it lives, and its place where others have events', async () => {
  const scene = await api();
  const other = await scene.tokenOf('other', 'submit');
  const stream = await openStream(scene, '/v1/events');
  const begun = (await stream.text()).length;
  await scene.clock.advance(14_000);
  expect((await stream.text()).slice(begun)).toBe('');
  await scene.clock.advance(1000);
  expect((await stream.text()).slice(begun)).toBe(':\n\n');
  await submit(scene, { spec: { ...request, backend: 'memory' } }, other);
  await scene.clock.advance(15_000);
  const [, place] = /^:\n\nevent: position\nid: (\d+)\ndata: {"sequence":\1}\n\n$/.exec((await stream.text()).slice(begun)) ?? [];
  const stored = (await scene.store.events({ limit: 100 })).map(({ sequence }) => String(sequence));
  expect(stored).toContain(place);
});

test('an id before events that were removed is answered with 410, and one from before a loss of the database too', async () => {
  const scene = await api();
  const id = await submit(scene);
  await end(scene, id);
  await scene.store.removeFinished(Number.MAX_SAFE_INTEGER);
  const { newest } = await scene.store.sequences();
  const answer = async (last: number) => {
    const { status, body } = await scene.ask('/v1/events', { headers: { 'last-event-id': String(last) } });
    return [status, (body as { error: { code: string; message: string } }).error.message];
  };
  expect(await answer(1)).toEqual([410, `events after 1 were removed with their runs, up to ${newest}`]);
  expect(await answer(newest + 1)).toEqual([410, `there is no event ${newest + 1}: the newest one is ${newest}`]);
  const stream = await openStream(scene, '/v1/events', { headers: { 'last-event-id': String(newest) } });
  await submit(scene);
  expect(parsed(await stream.text()).types.at(0)).toBe('queued');
});

test('a stream ends with its token, and with the service', async () => {
  const scene = await api();
  const token = await scene.tokenOf('team', 'read');
  const own = await openStream(scene, '/v1/events', { token });
  const others = await openStream(scene, '/v1/events');
  await scene.ask(`/v1/tokens/${token.slice(4, 16)}`, { method: 'DELETE' });
  expect([own.end(), others.end()]).toEqual(['ended', 'open']);
  scene.streams.close();
  await others.text();
  expect(others.end()).toBe('ended');
  const late = await openStream(scene, '/v1/events');
  expect(late.end()).toBe('ended');
});

test('an organisation may open 200 streams, and one that is closed makes room', async () => {
  const scene = await api();
  const streams = [];
  for (let count = 0; count < 200; count += 1) streams.push(await openStream(scene, '/v1/events'));
  const refused = await scene.ask('/v1/events');
  expect([refused.status, refused.headers.get('retry-after'), refused.body]).toMatchObject([
    429,
    '30',
    { error: { code: 'too_many_streams', message: 'team has 200 open streams' } },
  ]);
  const other = await openStream(scene, '/v1/events', { token: await scene.tokenOf('other', 'read') });
  expect(other.status).toBe(200);
  await streams[7]!.leave();
  expect((await openStream(scene, '/v1/events')).status).toBe(200);
  expect(scene.streams.size).toBe(201);
});

test('a client that takes nothing is dropped after a minute, and one page is held for it', async () => {
  const scene = await api();
  const id = await submit(scene);
  await Promise.all(Array.from({ length: 1000 }, (_, at) => scene.store.addEvent(id, 0, { at, type: 'note', data: {} })));
  const slow = await openStream(scene, '/v1/events?after=0', { takes: 2 });
  await scene.clock.advance(50_000);
  expect(parsed(await slow.text()).ids).toHaveLength(100);
  expect(scene.streams.size).toBe(1);
  await scene.clock.advance(10_000);
  expect(scene.streams.size).toBe(0);
});

test('a request without a body opens no stream', async () => {
  const scene = await api();
  const { status } = await scene.ask('/v1/events', { method: 'HEAD' });
  expect([status, scene.streams.size]).toEqual([200, 0]);
});
