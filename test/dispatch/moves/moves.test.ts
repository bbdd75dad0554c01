import { v5 } from 'uuid';
import { describe, expect, test } from 'vitest';
import type { MovedRun } from '../../../src/dispatch/moves/document.js';
import { workerNameOf } from '../../../src/dispatch/worker-name.js';
import { smallSpec, thingsOf } from '../../memory/scene.js';
import { overseen } from '../oracle.js';
import { submissionOf } from '../scene.js';
import { ids, importAt, open, spec, type Two, two } from './scene.js';

const alive = ['engine running', 'lease-1 present'];

async function running({ a }: Two) {
  const { id } = await a.submit({ spec });
  return a.until(id, 'running');
}

test('a running run moves with its worker, which the other installation ends', async () => {
  const scene = await two();
  const { a, b, node, clock } = scene;
  const oracle = overseen(node);
  const before = await running(scene);
  const { id, worker } = before;
  const document = await a.dispatcher.exports.export(id, ids.b);
  expect(await a.run(id)).toMatchObject({ state: 'moved', reason: null, movedTo: ids.b });
  const { run, created } = await importAt(b, document);
  expect(created).toBe(true);
  expect(run).toMatchObject({ state: 'running', node: 'memory', worker, ends: before.ends, maker: ids.a, organisation: 'team', spec });
  // The tracker of the first one has looked several times.
  await clock.advance(30_000);
  expect(thingsOf(node, worker!)).toEqual(alive);
  await b.dispatcher.commands.cancel(id, 'enough');
  expect(await b.until(id, 'cancelled')).toMatchObject({ attempt: 1 });
  expect(thingsOf(node, worker!)).toEqual([]);
  await clock.advance(30_000);
  expect([(await a.run(id)).state, await a.events(id)]).toEqual(['moved', ['queued', 'placed', 'provisioning', 'ready', 'moved']]);
  expect(await b.events(id)).toEqual([
    ...['queued', 'placed', 'provisioning', 'ready', 'moved'],
    ...['imported', 'cancel_asked', 'cancelled'],
  ]);
  expect(oracle.broken).toEqual([]);
});

test('a run that moved expires at the other installation, and its end can be moved there', async () => {
  const scene = await two();
  const { id } = await running(scene);
  await importAt(scene.b, await scene.a.dispatcher.exports.export(id, ids.b));
  const before = (await scene.b.run(id)).ends!;
  expect((await scene.b.dispatcher.commands.extend(id, 60)).ends).toBe(before + 60_000);
  await expect(scene.a.dispatcher.commands.extend(id, 60)).rejects.toMatchObject({ code: 'not_possible' });
  await scene.clock.advance(200_000);
  expect(await scene.b.run(id)).toMatchObject({ state: 'completed', reason: 'expired' });
  expect(thingsOf(scene.node, workerNameOf(id, 1))).toEqual([]);
});

test('a waiting run moves, and gets its worker from the other installation alone', async () => {
  const scene = await two();
  const { a, b, node, clock } = scene;
  const oracle = overseen(node);
  scene.hand.goAway();
  const { id } = await a.submit({ spec, priority: 7, labels: { job: '1' }, program: { name: 'main', params: { a: 1 }, args: [2] } });
  const document = await a.dispatcher.exports.export(id, ids.b);
  expect(document.worker).toBeNull();
  await importAt(b, document);
  scene.hand.back();
  const run = await b.until(id, 'running');
  const program = { name: 'main', params: { a: 1 }, args: [2] };
  expect(run).toMatchObject({ priority: 7, labels: { job: '1' }, program, maker: null, worker: workerNameOf(id, 1) });
  await clock.advance(30_000);
  expect([(await a.run(id)).state, thingsOf(node, run.worker!), oracle.broken]).toEqual(['moved', alive, []]);
});

test('the attempts of a run move with it, and the next one has the next number', async () => {
  const scene = await two({ minRetryPeriod: 30_000 });
  const { a, b, node } = scene;
  const create = node.create.bind(node);
  node.create = () => {
    throw new Error('connection reset by peer');
  };
  const { id } = await a.submit({ spec });
  await a.until(id, 'ending');
  await a.until(id, 'queued');
  const document = await a.dispatcher.exports.export(id, ids.b);
  node.create = create;
  await importAt(b, document);
  expect(await b.until(id, 'running')).toMatchObject({ attempt: 2, worker: workerNameOf(id, 2), tries: 1 });
  const [first, second] = await b.store.attempts(id);
  const [original] = await a.store.attempts(id);
  expect(first!.error).not.toBeNull();
  expect(first).toEqual(original);
  expect(second).toMatchObject({ number: 2, error: null, endedAt: null });
});

test('the longest wait of a run moves with it', async () => {
  const scene = await two();
  scene.hand.goAway();
  const costly = { ...spec, max_cost: 1 };
  const { id } = await scene.a.submit({ spec: costly, maxWait: 600_500 });
  const document = await scene.a.dispatcher.exports.export(id, ids.b);
  expect(document.max_wait).toBe(600.5);
  await expect(importAt(scene.b, document)).rejects.toThrow('the spec no max_cost');
  scene.hand.back();
  expect((await importAt(scene.b, document, { spec: costly })).run.maxWait).toBe(600_500);
});

test('an export has the newest events', async () => {
  const scene = await two();
  const { id } = await running(scene);
  for (let count = 1; count <= 1000; count += 1) await scene.a.store.addEvent(id, 1, { at: count, type: 'edited', data: { count } });
  const { events } = await scene.a.dispatcher.exports.export(id, ids.b);
  expect([events.length, events[0]!.data, events.at(-1)!.type]).toEqual([1000, { count: 2 }, 'moved']);
});

test('a repeated export has the same document, and another target is refused', async () => {
  const scene = await two();
  const { id } = await running(scene);
  const { exports } = scene.a.dispatcher;
  const first = await exports.export(id, ids.b);
  await scene.clock.advance(60_000);
  expect(await exports.export(id, ids.b)).toEqual(first);
  await expect(exports.export(id, '22222222-0000-4000-8000-00000000abcd')).rejects.toMatchObject({ code: 'not_possible' });
  await expect(exports.export(id, ids.a)).rejects.toMatchObject({ code: 'not_possible' });
});

test('a run that is being made or ended is not exported', async () => {
  const scene = await two();
  const held = scene.a.client.faults.hold('start');
  const { id } = await scene.a.submit({ spec });
  await held.reached;
  await expect(scene.a.dispatcher.exports.export(id, ids.b)).rejects.toThrow('the run is provisioning');
  held.release();
  await scene.a.until(id, 'running');
  await scene.a.dispatcher.commands.cancel(id, '');
  await expect(scene.a.dispatcher.exports.export(id, ids.b)).rejects.toThrow('the run is ending');
});

test('a repeated import returns the run, also after its end', async () => {
  const scene = await two();
  const { id } = await running(scene);
  const document = await scene.a.dispatcher.exports.export(id, ids.b);
  const [one, other] = await Promise.all([importAt(scene.b, document), importAt(scene.b, document)]);
  expect([one.created, other.created].toSorted()).toEqual([false, true]);
  await scene.b.dispatcher.commands.cancel(id, '');
  await scene.b.until(id, 'cancelled');
  expect(await importAt(scene.b, document)).toMatchObject({ created: false, run: { state: 'cancelled' } });
});

test('a run comes back, and an older document brings nothing back', async () => {
  const scene = await two();
  const { a, b } = scene;
  const { id, worker } = await running(scene);
  const there = await a.dispatcher.exports.export(id, ids.b);
  await importAt(b, there);
  const back = await b.dispatcher.exports.export(id, ids.a);
  await importAt(a, back);
  expect(await a.run(id)).toMatchObject({ state: 'running', maker: null, movedTo: null });
  await expect(importAt(b, there)).rejects.toThrow('has moved since this document was made');
  await scene.clock.advance(30_000);
  expect([(await b.run(id)).state, thingsOf(scene.node, worker!)]).toEqual(['moved', alive]);
  await a.dispatcher.commands.cancel(id, '');
  await a.until(id, 'cancelled');
  expect(thingsOf(scene.node, worker!)).toEqual([]);
});

test('a worker that ended on the way gives the run its end', async () => {
  const scene = await two();
  const { id, worker } = await running(scene);
  const document = await scene.a.dispatcher.exports.export(id, ids.b);
  scene.hand.exit(worker!, 'engine', 0);
  await scene.clock.advance(20_000);
  const { run } = await importAt(scene.b, document);
  expect(run).toMatchObject({ state: 'completed', reason: 'engine_exited', exitCode: 0, worker });
  expect((await scene.b.store.attempts(id))[0]).toMatchObject({ number: 1, end: null });
});

test('after a loss of its database, the first installation leaves the worker to the other one', async () => {
  const scene = await two();
  const { id, worker } = await running(scene);
  await importAt(scene.b, await scene.a.dispatcher.exports.export(id, ids.b));
  await scene.a.close();
  const again = await scene.serve({}, undefined, {}, { durable: await open(), recovering: true });
  await scene.clock.advance(30_000);
  expect([(await again.run(id)).state, thingsOf(scene.node, worker!)]).toEqual(['running', alive]);
  await scene.b.dispatcher.commands.cancel(id, '');
  await scene.b.until(id, 'cancelled');
  await scene.clock.advance(30_000);
  expect([(await again.run(id)).attempt, thingsOf(scene.node, worker!)]).toEqual([1, []]);
});

describe('a document is refused', () => {
  const other = smallSpec({ organization_id: 'team', max_duration: 120, memory: 32 });
  test.each<[string, (document: MovedRun) => MovedRun, object, string]>([
    ['for another installation', (one) => ({ ...one, to: ids.a }), {}, 'not_possible'],
    ['by another organisation', (one) => one, { organisation: 'other' }, 'foreign_object'],
    ['with another maker', (one) => ({ ...one, worker: { ...one.worker!, installation: ids.b } }), {}, 'foreign_object'],
    ['with a node that is not here', (one) => ({ ...one, worker: { ...one.worker!, node: 'mars' } }), {}, 'not_possible'],
    [
      'with an attempt that has no worker',
      (one) => ({ ...one, attempt: 2, attempts: [{ ...one.attempts[0]!, number: 2 }] }),
      {},
      'not_possible',
    ],
    ['with an attempt that it does not list', (one) => ({ ...one, attempts: [] }), {}, 'not_possible'],
    ['with another spec', (one) => one, { spec: other }, 'not_possible'],
    ['with no attempt left', (one) => ({ ...one, worker: null, attempt: 999 }), {}, 'not_possible'],
  ])('%s', async (_, change, more, code) => {
    const scene = await two();
    const { id, worker } = await running(scene);
    const document = await scene.a.dispatcher.exports.export(id, ids.b);
    await expect(importAt(scene.b, change(document), more)).rejects.toMatchObject({ code });
    expect([await scene.b.store.run(id), thingsOf(scene.node, worker!)]).toEqual([null, alive]);
    // Unchanged, it is taken.
    expect((await importAt(scene.b, document)).created).toBe(true);
  });

  test('by the node, if its id gives it the worker of a run that did not move', async () => {
    const scene = await two();
    const { id, worker } = await running(scene);
    const other = await scene.a.submit({ spec });
    await scene.a.until(other.id, 'running');
    const document = await scene.a.dispatcher.exports.export(other.id, ids.b);
    await scene.clock.advance(10_000);
    await importAt(scene.b, { ...document, id, worker: null, attempt: 0 });
    await scene.clock.advance(60_000);
    expect((await scene.b.store.attempts(id))[0]!.error).toMatchObject({ code: 'foreign_object' });
    await scene.b.dispatcher.commands.cancel(id, '');
    await scene.b.until(id, 'cancelled');
    expect([(await scene.a.run(id)).state, thingsOf(scene.node, worker!)]).toEqual(['running', alive]);
  });

  test('while the node does not answer', async () => {
    const scene = await two();
    const { id } = await running(scene);
    const document = await scene.a.dispatcher.exports.export(id, ids.b);
    scene.hand.goAway();
    await expect(importAt(scene.b, document)).rejects.toMatchObject({ httpStatus: 503 });
    scene.hand.back();
    expect((await importAt(scene.b, document)).created).toBe(true);
  });

  test("with the id of another organisation's run", async () => {
    const scene = await two();
    const { id } = await scene.b.submit({ organisation: 'victim' });
    const mine = await running(scene);
    const document = await scene.a.dispatcher.exports.export(mine.id, ids.b);
    await expect(importAt(scene.b, { ...document, id })).rejects.toThrow('another run has this id');
    await scene.b.until(id, 'running');
    await scene.b.dispatcher.exports.export(id, ids.a);
    await expect(importAt(scene.b, { ...document, id, revision: 1000 })).rejects.toThrow('another run has this id');
  });

  test("never in place of another organisation's request with a key", async () => {
    const scene = await two();
    const mine = await running(scene);
    const document = await scene.a.dispatcher.exports.export(mine.id, ids.b);
    const id = v5('victim\njob', ids.b);
    await importAt(scene.b, { ...document, id, worker: null, attempt: 0 });
    const request = { ...submissionOf(spec), organisation: 'victim', key: 'job' };
    const first = await scene.b.dispatcher.intake.submit(request);
    expect(first).toMatchObject({ created: true, run: { organisation: 'victim' } });
    expect(await scene.b.dispatcher.intake.submit(request)).toMatchObject({ created: false, run: { id: first.run.id } });
  });

  test('until every worker has its run again', async () => {
    const scene = await two();
    const { id } = await running(scene);
    const document = await scene.a.dispatcher.exports.export(id, ids.b);
    await scene.b.close();
    scene.hand.goAway();
    const again = await scene.serve({}, undefined, {}, { durable: await open(), recovering: true, id: ids.b });
    await expect(importAt(again, document)).rejects.toThrow('the runs of living workers are not all found again');
    scene.hand.back();
    await scene.clock.advance(10_000);
    expect((await importAt(again, document)).created).toBe(true);
  });
});
