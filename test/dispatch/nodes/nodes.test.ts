import { expect, test } from 'vitest';
import type { nodeDocument } from '../../../src/dispatch/http/node-document.js';
import { applyWorker } from '../../../src/worker/apply.js';
import type * as z from 'zod';
import { smallSpec } from '../../memory/scene.js';
import { serving, submissionOf } from '../scene.js';
import { apiOf } from './api.js';

type NodeDocument = z.infer<typeof nodeDocument>;

async function nodeOf(ask: ReturnType<typeof apiOf>): Promise<NodeDocument> {
  const { body } = await ask<{ nodes: NodeDocument[] }>('GET', '/v1/nodes');
  return body.nodes[0]!;
}

test('a node with a run, a run that waits, and a worker of the command line', async () => {
  const scene = await serving();
  const cli = scene.client();
  const made = applyWorker(cli, smallSpec({ name: 'mine', cpu: 1000 }), { strict: false });
  await scene.clock.advance(2000);
  await made;
  const service = await scene.serve();
  const { id } = await service.submit();
  await service.until(id, 'running');
  const big = await service.submit(submissionOf(smallSpec({ name: 'big', cpu: 3500 })));
  await scene.clock.advance(1000);
  expect(await nodeOf(apiOf(service))).toEqual({
    ...{ name: 'memory', kind: 'memory', state: 'ready', cordon: 'open', drain_by: null, closed: [], ceiling: null, labels: {} },
    capacity: { cpu: 4000, memory: 8192, storage: null },
    used: { cpu: 1050, memory: 32, storage: 200 },
    free: { cpu: 2950, memory: 8160, storage: null },
    largest: { cpu: 4000, memory: 8192, storage: null },
    running: { count: 1, runs: [id] },
    queued: { count: 1, runs: [big.id] },
    others: 1,
    without_asks: { count: 0, workers: [] },
    empty_by: new Date((await service.run(id)).ends!).toISOString(),
  });
});

test("another organisation's runs are counted and not shown; an operator alone sees them", async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit();
  const stranger = { organisation: 'others', scopes: ['read'] } as const;
  expect((await nodeOf(apiOf(service, stranger))).running).toEqual({ count: 1, runs: [] });
  expect((await nodeOf(apiOf(service, { scopes: ['read'] }))).running).toEqual({ count: 1, runs: [id] });
  expect((await nodeOf(apiOf(service, { organisation: 'others' }))).running).toEqual({ count: 1, runs: [] });
  expect((await nodeOf(apiOf(service, { organisation: 'default' }))).running).toEqual({ count: 1, runs: [id] });
});

test('a worker without the label is named to an operator alone', async () => {
  const scene = await serving();
  const labels = { 'dev.mayfly.worker': 'old', 'dev.mayfly.address': 'memory_container.engine', 'dev.mayfly.lifetime': '600' };
  scene.node.create('memory_container', 'old/engine', labels);
  const service = await scene.serve();
  expect(await nodeOf(apiOf(service, { organisation: 'default' }))).toMatchObject({
    used: { cpu: 0, memory: 0, storage: 0 },
    others: 1,
    without_asks: { count: 1, workers: ['old'] },
  });
  expect((await nodeOf(apiOf(service))).without_asks).toEqual({ count: 1, workers: [] });
});

test('a cordoned node takes no run, also after a restart, and keeps its workers', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const { id } = await first.submit();
  await first.until(id, 'running');
  expect((await apiOf(first, { organisation: 'default' })('POST', '/v1/nodes/memory/cordon')).body).toMatchObject({
    cordon: 'cordoned',
    closed: ['it is cordoned by an administrator'],
  });
  await first.close();
  const second = await scene.serve();
  const waits = await second.submit();
  await scene.clock.advance(20_000);
  expect([(await second.run(id)).state, (await second.run(waits.id)).state]).toEqual(['running', 'queued']);
  expect((await apiOf(second, { organisation: 'default' })('POST', '/v1/nodes/memory/uncordon')).status).toBe(200);
  await second.until(waits.id, 'running');
});

test('the resources of a node are shown before any run asked for them', async () => {
  const service = await (await serving()).serve();
  expect(await nodeOf(apiOf(service))).toMatchObject({ capacity: { cpu: 4000, memory: 8192, storage: null } });
});

test('a node that is drained shows when its last worker ends', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const { id } = await service.submit();
  const { ends } = await service.until(id, 'running');
  const { body } = await apiOf(service, { organisation: 'default' })('POST', '/v1/nodes/memory/drain');
  expect(body).toMatchObject({ cordon: 'draining', empty_by: new Date(ends!).toISOString() });
  await scene.clock.advance(320_000);
  expect(await nodeOf(apiOf(service))).toMatchObject({ cordon: 'draining', running: { count: 0, runs: [] }, empty_by: null });
});

test('only an administrator closes a node, and only one that exists', async () => {
  const service = await (await serving()).serve();
  expect((await apiOf(service, { organisation: 'default', scopes: ['submit'] })('POST', '/v1/nodes/memory/drain')).status).toBe(403);
  expect((await apiOf(service)('POST', '/v1/nodes/memory/drain')).status).toBe(403);
  expect(await apiOf(service, { organisation: 'default' })('POST', '/v1/nodes/nowhere/drain')).toMatchObject({
    status: 404,
    body: { error: { code: 'node_unknown' } },
  });
});

test('a node that does not answer takes no run, and is used again when it does', async () => {
  const scene = await serving();
  const service = await scene.serve();
  scene.node.away = new Error('connection refused');
  await scene.clock.advance(6000);
  expect(await nodeOf(apiOf(service))).toMatchObject({ state: 'silent', closed: ['it does not answer: connection refused'] });
  const { id } = await service.submit();
  await scene.clock.advance(60_000);
  expect(await service.run(id)).toMatchObject({ state: 'queued', attempt: 0 });
  scene.node.away = null;
  // Its longest pause, and a second for the worker.
  await scene.clock.advance(61_000);
  expect(await service.run(id)).toMatchObject({ state: 'running', attempt: 1 });
});

test('three workers that the node does not make close it, and then one is tried at a time', async () => {
  const scene = await serving();
  const service = await scene.serve();
  service.client.faults.fail('create');
  for (const name of ['a', 'b', 'c']) await service.submit(submissionOf(smallSpec({ name })));
  await scene.clock.advance(500);
  expect(await nodeOf(apiOf(service))).toMatchObject({
    state: 'failing',
    closed: ['workers cannot be made on it: connection reset by peer'],
  });
  service.client.faults.clear();
  const held = service.client.faults.hold('create');
  await scene.clock.advance(15_000);
  expect([...service.dispatcher.runs.all()].map(({ attempt }) => attempt).sort()).toEqual([1, 1, 2]);
  expect((await nodeOf(apiOf(service))).state).toBe('trying');
  held.release();
  await scene.clock.advance(5000);
  expect([...service.dispatcher.runs.all()].map(({ state, attempt }) => [state, attempt])).toEqual([
    ['running', 2],
    ['running', 2],
    ['running', 2],
  ]);
  expect((await nodeOf(apiOf(service))).state).toBe('ready');
});

test('the settings limit a node, and its largest request', async () => {
  const scene = await serving();
  const service = await scene.serve({}, undefined, {
    capacity: { cpu: 100, storage: 150 },
    largest: { memory: 16 },
    labels: { disk: 'ssd' },
  });
  const first = await service.submit();
  const second = await service.submit();
  await service.until(first.id, 'running');
  expect(await service.run(second.id)).toMatchObject({ state: 'queued' });
  expect(await nodeOf(apiOf(service))).toMatchObject({
    capacity: { cpu: 100, memory: 8192, storage: 150 },
    free: { cpu: 50, memory: 8176, storage: 50 },
    largest: { cpu: 100, memory: 16, storage: 150 },
    labels: { disk: 'ssd' },
  });
  await expect(service.dispatcher.intake.submit(submissionOf(smallSpec({ memory: 17 })))).rejects.toMatchObject({
    code: 'no_backend',
    problems: [{ place: { path: 'memory' }, cause: 'it asks for 17 MB of memory, and the node takes at most 16 a worker: ask for less' }],
  });
});

test('a node that refuses a worker for its quota gets no more for a while, and runs wait', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const first = await service.submit();
  await service.until(first.id, 'running');
  scene.node.limits.set('memory_container', 1);
  const second = await service.submit(submissionOf(smallSpec({ name: 'second' })));
  await scene.clock.advance(30_000);
  expect(await service.run(second.id)).toMatchObject({ state: 'queued', attempt: 1 });
  const { ceiling } = await nodeOf(apiOf(service));
  expect(ceiling).toMatchObject({
    workers: 1,
    reason: "You've reached the limit on the number of memory_container that run at the same time",
  });
  scene.node.limits.clear();
  await scene.clock.advance(60_000);
  expect(await service.run(second.id)).toMatchObject({ state: 'running', attempt: 2 });
});

test('a node makes at most so many workers at once', async () => {
  const scene = await serving();
  const service = await scene.serve({ making: 2 });
  const held = service.client.faults.hold('create');
  const submitted = await Promise.all(['a', 'b', 'c', 'd'].map((name) => service.submit(submissionOf(smallSpec({ name })))));
  await scene.clock.advance(1000);
  const states = () => [...service.dispatcher.runs.all()].map(({ state }) => state).sort();
  expect(states()).toEqual(['provisioning', 'provisioning', 'queued', 'queued']);
  held.release();
  await scene.clock.advance(5000);
  expect([submitted.length, states()]).toEqual([4, ['running', 'running', 'running', 'running']]);
});

test('steps on a silent node wait for its probes, and go on when it answers', async () => {
  const scene = await serving();
  const service = await scene.serve();
  const runs = await Promise.all(['a', 'b', 'c'].map((name) => service.submit(submissionOf(smallSpec({ name })))));
  for (const { id } of runs) await service.until(id, 'running');
  scene.node.away = new Error('connection refused');
  await scene.clock.advance(6000);
  for (const { id } of runs) await service.dispatcher.commands.cancel(id, '');
  service.client.faults.calls.length = 0;
  await scene.clock.advance(240_000);
  expect(service.client.faults.calls.length).toBeLessThan(40);
  scene.node.away = null;
  await scene.clock.advance(90_000);
  for (const { id } of runs) expect(await service.run(id)).toMatchObject({ state: 'cancelled', attempt: 1 });
});

test("room that another's worker leaves is used after the next look", async () => {
  const scene = await serving();
  const asks = 'cpu=4000 memory=100 storage=0';
  const labels = { 'dev.mayfly.worker': 'big', 'dev.mayfly.address': 'memory_container.engine', 'dev.mayfly.lifetime': '600' };
  const { id: foreign } = scene.node.create('memory_container', 'big/engine', { ...labels, 'dev.mayfly.asks': asks });
  const service = await scene.serve();
  const { id } = await service.submit();
  await scene.clock.advance(20_000);
  expect((await service.run(id)).state).toBe('queued');
  scene.node.delete(foreign);
  await scene.clock.advance(7000);
  expect((await service.run(id)).state).toBe('running');
});
