import { expect, test } from 'vitest';
import { defaultDispatchSettings } from '../../../src/dispatch/settings.js';
import { defaultTerms } from '../../../src/dispatch/nodes/terms.js';
import { api, type Api, organisation, request, servedNode } from './scene.js';

const start = Date.parse('2026-01-01T00:00:00Z');

/** A service with one node of 1000 millicores, and a run that has 600 of them for 100 s. `sent`: the spec of a request. */
async function busy(): Promise<Api & { first: string; submit(cpu: number, seconds: number, more?: object): Promise<string> }> {
  const scene = await api({
    nodes: [servedNode({ terms: { ...defaultTerms, capacity: { cpu: 1000, memory: 100_000 } } })],
    organisations: new Map([['small', organisation({ most: { cpu: 300 } })]]),
    settings: { ...defaultDispatchSettings, fenceMargin: 1000 },
  });
  const submit = async (cpu: number, seconds: number, more: object = {}) => {
    const answer = await scene.ask('/v1/runs', { body: { spec: sent(cpu, seconds), ...more } });
    return (answer.body as { id: string }).id;
  };
  const first = await submit(600, 100);
  await scene.until(first, 'running');
  return { ...scene, first, submit };
}

const sent = (cpu: number, seconds: number) => ({ ...request, cpu, memory: 64, max_duration: seconds, create_timeout: 10 });

const at = (time: unknown) => (Date.parse(time as string) - start) / 1000;

test('a run that waits says why, since when it is promised, and what would start at once', async () => {
  const { ask, first, submit } = await busy();
  const wide = await submit(1000, 50);
  const behind = await submit(500, 300);
  const { body } = await ask(`/v1/runs/${wide}/why`);
  const why = body as Record<string, unknown>;
  expect(why).toMatchObject({
    ...{ id: wide, state: 'queued', position: 1, cause: { code: 'reserved', node: 'memory' }, closed: [] },
    waits_for: [{ run: first }],
    instead: [{ change: { kind: 'cpu', less: 600 }, sentence: 'at once with 0.6 CPU less' }],
  });
  expect(at(why['starts_by'])).toBe(102);
  expect(why['sentence']).toMatch(/^it starts on memory at 2026-01-01T00:01:42.000Z at the latest \(in 1 min 4\d s\)$/);
  expect((await ask(`/v1/runs/${behind}/why`)).body).toMatchObject({
    ...{ position: 2, cause: { code: 'no_room' }, starts_by: null, waits_for: [], promised: [{ run: wide, node: 'memory' }] },
    sentence: 'no node has room for it now, and the next room is promised to other runs',
  });
  // The wide one lives for 10 + 50 s and the margin.
  expect(at(((await ask(`/v1/runs/${behind}/why`)).body as { expected: string }).expected)).toBe(163);
  expect((await ask(`/v1/runs/${first}/why`)).body).toMatchObject({
    cause: null,
    sentence: 'the run is running, and does not wait for a node',
  });
  expect((await ask(`/v1/runs/${wide}`)).body).toMatchObject({ starts_by: '2026-01-01T00:01:42.000Z' });
});

test('the changes that would start at once do start at once', async () => {
  const { ask, submit } = await busy();
  const wide = await submit(1000, 50);
  const { instead } = (await ask(`/v1/runs/${wide}/why`)).body as { instead: { change: { less: number } }[] };
  await ask(`/v1/runs/${wide}/cancel`, { body: {} });
  const smaller = await submit(1000 - instead[0]!.change.less, 50);
  expect((await ask(`/v1/runs/${smaller}`)).body).toMatchObject({ node: 'memory' });
});

test('why of another organisation is 404, and names no run of another', async () => {
  const { ask, submit, tokenOf, first } = await busy();
  const wide = await submit(1000, 50);
  const token = await tokenOf('other', 'submit');
  expect((await ask(`/v1/runs/${wide}/why`, { token })).status).toBe(404);
  await ask(`/v1/runs/${wide}/cancel`, { body: {} });
  const theirs = ((await ask('/v1/runs', { token, body: { spec: sent(1000, 50) } })).body as { id: string }).id;
  const { text, body } = await ask(`/v1/runs/${theirs}/why`, { token });
  expect(body).toMatchObject({ waits_for: [{ run: null }] });
  expect(text).not.toContain(first);
});

test('a run above the most of its organisation says so with the numbers', async () => {
  const { ask, tokenOf } = await busy();
  const token = await tokenOf('small', 'submit');
  const id = async () => ((await ask('/v1/runs', { token, body: { spec: sent(200, 50) } })).body as { id: string }).id;
  const [, second] = [await id(), await id()];
  expect((await ask(`/v1/runs/${second}/why`, { token })).body).toMatchObject({
    cause: { code: 'organisation_most', kind: 'cpu', used: 200, asks: 200, most: 300 },
    sentence: 'its organisation has, or is promised, 0.2 CPU of at most 0.3 CPU, and it asks for 0.2 CPU',
  });
});

test('an extension that would delay a promised start is refused with who would wait, and how much longer, unless an operator forces it', async () => {
  const { ask, submit, first } = await busy();
  const wide = await submit(1000, 50);
  const refused = await ask(`/v1/runs/${first}/extend`, { body: { seconds: 60 } });
  expect(refused.status).toBe(409);
  expect(refused.body).toMatchObject({
    error: { code: 'promise_broken', problems: [{ place: wide, cause: 'would wait 1 min longer than was promised' }] },
  });
  expect((await ask(`/v1/runs/${first}/extend`, { body: { seconds: 60, force: true } })).status).toBe(403);
  expect((await ask(`/v1/runs/${wide}`)).body).toMatchObject({ starts_by: '2026-01-01T00:01:42.000Z' });
  expect((await ask(`/v1/runs/${first}/extend`, { body: { seconds: -30 } })).status).toBe(200);
  const { events } = (await ask(`/v1/runs/${wide}/events`)).body as { events: { type: string }[] };
  expect(events.map(({ type }) => type)).not.toContain('promise_moved');
});

test('an operator may force an extension, and the event of a run of another organisation has the cause alone', async () => {
  const { ask, submit, tokenOf, until } = await busy();
  const token = await tokenOf('default', 'admin');
  const { id } = (await ask('/v1/runs', { token, body: { spec: sent(400, 200) } })).body as { id: string };
  await until(id, 'running', token);
  const wide = await submit(1000, 50);
  const before = ((await ask(`/v1/runs/${wide}`)).body as { starts_by: string }).starts_by;
  expect((await ask(`/v1/runs/${id}/extend`, { token, body: { seconds: 60 } })).status).toBe(409);
  expect((await ask(`/v1/runs/${id}/extend`, { token, body: { seconds: 60, force: true } })).status).toBe(200);
  const after = ((await ask(`/v1/runs/${wide}`)).body as { starts_by: string }).starts_by;
  expect(at(after) - at(before)).toBe(60);
  const { events } = (await ask(`/v1/runs/${wide}/events`)).body as { events: { type: string; data: object }[] };
  expect(events.at(-1)).toMatchObject({ type: 'promise_moved', data: { cause: 'extend_forced', by: null, before: { starts_by: before } } });
});

test.each([
  ['the same organisation', 'team', true],
  ['another organisation', 'other', false],
])('the event of a promise that a run of %s has moved', async (_, of, isNamed) => {
  const { ask, submit, tokenOf } = await busy();
  const wide = await submit(1000, 50);
  const token = await tokenOf(of, 'submit');
  const { id } = (await ask('/v1/runs', { token, body: { spec: sent(1000, 50), priority: 900 } })).body as { id: string };
  const { events } = (await ask(`/v1/runs/${wide}/events`)).body as { events: { type: string; data: object }[] };
  expect(events.at(-1)).toMatchObject({ type: 'promise_moved', data: { cause: 'higher_priority', by: isNamed ? id : null } });
});

test('the event of a promise that a closed node has moved has the node', async () => {
  const { ask, submit, tokenOf } = await busy();
  const wide = await submit(1000, 50);
  await ask('/v1/nodes/memory/cordon', { token: await tokenOf('default', 'admin'), body: {} });
  const { events } = (await ask(`/v1/runs/${wide}/events`)).body as { events: { type: string; data: object }[] };
  expect(events.at(-1)).toMatchObject({ type: 'promise_moved', data: { cause: 'node_closed', by: 'memory' } });
});

test('a bid has a place, a start and an end; accepted it is a run, rejected it is gone', async () => {
  const { ask, clock, until } = await busy();
  const bid = (await ask('/v1/bids', { body: { spec: sent(1000, 50) } })) as { status: number; body: Record<string, unknown> };
  expect(bid).toMatchObject({ status: 201, body: { accepted: true, node: 'memory', price: null } });
  const { id, starts_by: startsBy, expires } = bid.body;
  expect([at(startsBy), at(expires)]).toEqual([102, at(expires)]);
  expect(at(expires)).toBeLessThan(62);
  expect((await ask(`/v1/runs/${id}`)).body).toMatchObject({ state: 'offered', starts_by: startsBy });
  expect((await ask(`/v1/bids/${id}/accept`, { method: 'POST' })).body).toMatchObject({ state: 'queued', starts_by: startsBy });
  expect((await ask(`/v1/bids/${id}/reject`, { body: {} })).status).toBe(409);
  await clock.advance(70_000);
  const run = await until(id as string, 'running');
  expect(at(run['last_try'])).toBeLessThanOrEqual(102);
  const other = (await ask('/v1/bids', { body: { spec: sent(100, 50) } })).body as { id: string };
  expect((await ask(`/v1/bids/${other.id}/reject`, { body: { justification: 'too late' } })).body).toMatchObject({
    ...{ state: 'cancelled', reason: 'rejected', starts_by: null },
  });
});

test('a bid that is sent twice at once is one bid', async () => {
  const { ask } = await busy();
  const send = () => ask('/v1/bids', { body: { spec: sent(1000, 50) }, headers: { 'idempotency-key': 'twice' } });
  const [one, other] = await Promise.all([send(), send()]);
  expect([one.status, other.status]).toEqual([201, 201]);
  expect(other.body).toEqual(one.body);
});

test('a bid above the most of its organisation is refused with the numbers', async () => {
  const { ask, tokenOf } = await busy();
  const token = await tokenOf('small', 'submit');
  await ask('/v1/runs', { token, body: { spec: sent(200, 50) } });
  const { status, text } = await ask('/v1/bids', { token, body: { spec: sent(200, 50) } });
  expect([status, text.includes('no start can be promised: its organisation has, or is promised, 0.2 CPU of at most 0.3 CPU')]).toEqual([
    409,
    true,
  ]);
});

test('a bid that no node can take has all reasons, and nothing is stored', async () => {
  const { ask } = await busy();
  const { status, body } = await ask('/v1/bids', { body: { spec: sent(5000, 50) } });
  expect([status, (body as { error: { code: string } }).error.code]).toEqual([409, 'no_backend']);
  expect(((await ask('/v1/runs?state=offered')).body as { runs: unknown[] }).runs).toEqual([]);
});

test('a node that is drained by a time still takes what ends before, and is empty then', async () => {
  const { ask, submit, tokenOf, clock, node } = await busy();
  const operator = await tokenOf('default', 'admin');
  const by = new Date(start + 200_000).toISOString();
  const { body } = await ask('/v1/nodes/memory/drain', { token: operator, body: { by } });
  expect(body).toMatchObject({ cordon: 'draining', closed: [], drain_by: by, empty_by: by });
  const [short, long] = [await submit(200, 60), await submit(200, 300)];
  expect((await ask(`/v1/runs/${short}`)).body).toMatchObject({ node: 'memory' });
  expect((await ask(`/v1/runs/${long}/why`)).body).toMatchObject({
    cause: { code: 'no_known_end' },
    closed: [{ node: 'memory', reasons: ['it is drained, and the run could live longer'] }],
  });
  await clock.advance(start + 200_000 - clock.now());
  expect(node.list()).toEqual([]);
  expect((await ask('/v1/nodes', { token: operator })).body).toMatchObject({
    nodes: [{ closed: ['it is being drained by an administrator'] }],
  });
  await ask('/v1/nodes/memory/uncordon', { token: operator, body: {} });
  expect((await ask(`/v1/runs/${long}`)).body).toMatchObject({ node: 'memory' });
});

test('max_wait needs max_cost', async () => {
  const { ask } = await busy();
  const { status, text } = await ask('/v1/runs', { body: { spec: sent(100, 50), max_wait: '10m' } });
  expect([status, text.includes('needs the `max_cost` of the spec')]).toEqual([422, true]);
  expect((await ask('/v1/runs', { body: { spec: { ...sent(100, 50), max_cost: 1 }, max_wait: 'soon' } })).text).toContain('body.max_wait');
});
