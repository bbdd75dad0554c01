import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installationIn } from '../../src/dispatch/installation.js';
import { openStore } from '../../src/dispatch/store/open.js';
import type { Store } from '../../src/dispatch/store/store.js';
import { applyWorker } from '../../src/worker/apply.js';
import { workerNameOf } from '../../src/dispatch/worker-name.js';
import { commandOf, endCommand } from './results/scene.js';
import { smallSpec, thingsOf } from '../memory/scene.js';
import { afterTest, tempDir } from '../support/temp-dir.js';
import { type Serving, serving, submissionOf } from './scene.js';

const alive = ['engine running', 'lease-1 present'];
const workersOf = ({ node }: Serving) => new Set(node.list().map(({ labels }) => labels['dev.mayfly.worker']));

async function open(directory: string | null): Promise<Store> {
  const store = await openStore({ directory, version: 'test' });
  afterTest(() => store.close());
  return store;
}

async function afterLoss(scene: Serving) {
  return scene.serve({}, undefined, {}, { durable: await open(null), recovering: true });
}

test('after a loss of the database, the living worker has a run again, which is followed to its end', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const { id } = await first.submit({ spec: smallSpec({ organization_id: 'team' }) });
  const before = await first.until(id, 'running');
  await first.close();
  const second = await afterLoss(scene);
  const { readyAt: _, ...run } = await second.until(id, 'running');
  expect(run).toMatchObject({
    organisation: 'team',
    name: 'one',
    attempt: 1,
    node: 'memory',
    worker: before.worker,
    ends: before.ends,
    spec: null,
  });
  expect(run.asks).toEqual(before.asks);
  expect(thingsOf(scene.node, before.worker!)).toEqual(alive);
  await scene.clock.advance(400_000);
  expect(await second.run(id)).toMatchObject({ state: 'completed', reason: 'expired' });
});

test('a repeated request with the same key gets the run of the living worker', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const submission = { ...submissionOf(smallSpec({ organization_id: 'team' })), key: 'job-1' };
  const { run } = await first.dispatcher.intake.submit(submission);
  await first.until(run.id, 'running');
  await first.close();
  const second = await afterLoss(scene);
  await second.until(run.id, 'running');
  expect(await second.dispatcher.intake.submit(submission)).toMatchObject({ created: false, run: { id: run.id, state: 'running' } });
  expect(workersOf(scene).size).toBe(1);
});

test('a worker that was not ready when the database was lost is ended, and its run is not tried again', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const held = first.client.faults.hold('start');
  const { id } = await first.submit();
  await held.reached;
  const closing = first.close();
  held.release();
  await closing;
  const second = await afterLoss(scene);
  const run = await second.until(id, 'failed');
  expect([run.reason, run.attempt, thingsOf(scene.node, run.worker!)]).toEqual(['attempts_failed', 1, []]);
  expect((await second.store.attempts(id))[0]?.error?.problems[0]?.cause).toBe(
    'its spec was lost with the database, and its worker was not ready',
  );
});

test('no run is placed before every node has answered once', async () => {
  const scene = await serving();
  const first = await scene.serve();
  const { run } = await first.dispatcher.intake.submit({ ...submissionOf(smallSpec()), key: 'job-1' });
  await first.until(run.id, 'running');
  await first.close();
  scene.hand.goAway();
  const second = await afterLoss(scene);
  await second.dispatcher.intake.submit({ ...submissionOf(smallSpec()), key: 'job-1' });
  await scene.clock.advance(20_000);
  expect((await second.run(run.id)).state).toBe('queued');
  scene.hand.back();
  expect(await second.until(run.id, 'running')).toMatchObject({ attempt: 1 });
  expect(workersOf(scene).size).toBe(1);
});

test('with an older copy, a run gets the worker that was made since, and one that ended since is not made again', async () => {
  const scene = await serving();
  scene.hand.goAway();
  const durable = await open(await tempDir('original'));
  const first = await scene.serve({}, undefined, {}, { durable });
  const [living, ended] = [await first.submit(), await first.submit()];
  await first.close();
  const copy = await tempDir('copy');
  await durable.backup(join(copy, 'dispatch.db'));
  scene.hand.back();
  const second = await scene.serve({}, undefined, {}, { durable });
  await second.until(living.id, 'running');
  scene.hand.exit((await second.until(ended.id, 'running')).worker!, 'engine', 0);
  await second.until(ended.id, 'completed');
  await second.close();
  const third = await scene.serve({}, undefined, {}, { durable: await open(copy), recovering: true });
  expect(await third.until(living.id, 'running')).toMatchObject({ attempt: 1, spec: { name: 'one' } });
  expect(await third.until(ended.id, 'completed')).toMatchObject({ attempt: 1, exitCode: 0 });
  expect(workersOf(scene)).toEqual(new Set([workerNameOf(living.id, 1)]));
});

test('with an older copy, a run is exported only when its worker was found', async () => {
  const scene = await serving();
  scene.hand.goAway();
  const durable = await open(await tempDir('original'));
  const first = await scene.serve({}, undefined, {}, { durable });
  const { id } = await first.submit();
  const copy = await tempDir('copy');
  await durable.backup(join(copy, 'dispatch.db'));
  scene.hand.back();
  await first.until(id, 'running');
  await first.close();
  scene.hand.goAway();
  const second = await scene.serve({}, undefined, {}, { durable: await open(copy), recovering: true });
  const to = '11111111-0000-4000-8000-000000000000';
  await expect(second.dispatcher.exports.export(id, to)).rejects.toThrow('the runs of living workers are not all found again');
  scene.hand.back();
  await second.until(id, 'running');
  expect(await second.dispatcher.exports.export(id, to)).toMatchObject({ attempt: 1, worker: { node: 'memory' } });
});

test('with an older copy, a bid that was accepted since has its worker, or its end', async () => {
  const scene = await serving();
  const durable = await open(await tempDir('original'));
  const first = await scene.serve({}, undefined, {}, { durable });
  const [living, ended] = [await first.submit({ bid: true }), await first.submit({ bid: true })];
  const copy = await tempDir('copy');
  await durable.backup(join(copy, 'dispatch.db'));
  for (const { id } of [living, ended]) await first.dispatcher.commands.accept(id);
  await first.until(living.id, 'running');
  scene.hand.exit((await first.until(ended.id, 'running')).worker!, 'engine', 0);
  await first.until(ended.id, 'completed');
  await first.close();
  const second = await scene.serve({}, undefined, {}, { durable: await open(copy), recovering: true });
  expect(await second.until(living.id, 'running')).toMatchObject({ attempt: 1, bidExpires: null, promise: null });
  expect(await second.until(ended.id, 'completed')).toMatchObject({ attempt: 1, exitCode: 0 });
  // Beyond the time in which a bid is accepted.
  await scene.clock.advance(100_000);
  expect((await second.run(living.id)).state).toBe('running');
});

test('with an older copy, the attempt before the found one has its end, and costs nothing any more', async () => {
  const scene = await serving();
  scene.node.price = 3.6;
  const durable = await open(await tempDir('original'));
  const first = await scene.serve({}, undefined, {}, { durable });
  const held = first.client.faults.hold('start');
  const { id } = await first.submit(submissionOf(smallSpec({ max_duration: 60, create_timeout: 20 })));
  await held.reached;
  const copy = await tempDir('copy');
  await durable.backup(join(copy, 'dispatch.db'));
  await first.dispatcher.commands.requeue(id);
  held.release();
  expect(await first.until(id, 'running')).toMatchObject({ attempt: 2 });
  await first.close();
  const second = await scene.serve({}, undefined, {}, { durable: await open(copy), recovering: true });
  expect(await second.until(id, 'running')).toMatchObject({ attempt: 2, worker: workerNameOf(id, 2) });
  const attempts = await second.store.attempts(id);
  expect(attempts.map(({ number, endedAt }) => [number, endedAt === null])).toEqual([
    [1, false],
    [2, true],
  ]);
  // 80 s are reserved at a tenth of a cent a second.
  expect(await second.store.spent('team', '2026-01')).toBeLessThan(80_000);
});

test('with an older copy, the command of an attempt that was made since is started', async () => {
  const scene = await serving();
  const durable = await open(await tempDir('original'));
  const first = await scene.serve({}, undefined, {}, { durable });
  const { id } = await first.submit({ command: commandOf({ retry: true }), attempts: 2 });
  const run = await first.until(id, 'running');
  await scene.clock.advance(1000);
  const copy = await tempDir('copy');
  await durable.backup(join(copy, 'dispatch.db'));
  endCommand(scene, run, { state: 'exited', code: 3 });
  await scene.clock.advance(10_000);
  expect(await first.until(id, 'running')).toMatchObject({ attempt: 2 });
  await first.close();
  const second = await scene.serve({}, undefined, {}, { durable: await open(copy), recovering: true });
  expect(await second.until(id, 'running')).toMatchObject({ attempt: 2 });
  await scene.clock.advance(1000);
  const started = (await second.events(id)).filter((type) => type === 'command_started');
  expect(started).toEqual(['command_started', 'command_started']);
});

test('workers of another installation, and of the command line, are left alone', async () => {
  const scene = await serving();
  const name = workerNameOf('f81d4fae-7dec-11d0-a765-00a0c91e6bf6', 1);
  const client = scene.client();
  const made = Promise.all([
    applyWorker(client, smallSpec({ name }), { strict: false, birth: { dispatcher: '11111111-0000-4000-8000-000000000000' } }),
    applyWorker(client, smallSpec({ name: 'mine' }), { strict: false }),
  ]);
  await scene.clock.advance(5000);
  await made;
  const service = await afterLoss(scene);
  await scene.clock.advance(20_000);
  expect((await service.store.runs({ limit: 10 })).runs).toEqual([]);
  expect([thingsOf(scene.node, name), thingsOf(scene.node, 'mine')]).toEqual([alive, alive]);
});

test.each([
  ['a first start', {}, false],
  ['a restart', { database: true, file: true }, false],
  ['a lost database', { file: true }, true],
  ['a lost file', { database: true }, false],
  ['an older copy', { database: true, file: true, restored: true }, true],
])('%s', async (_, { database = false, file = false, restored = false }: Record<string, boolean>, recovering) => {
  const [directory, other] = [await tempDir('installation'), await tempDir('other')];
  const store = await openStore({ directory: null, version: 'test' });
  const empty = await openStore({ directory: null, version: 'test' });
  const { id } = await installationIn(directory, store, { restored: false });
  const again = await installationIn(file ? directory : other, database ? store : empty, { restored });
  expect([again.recovering, again.id === id]).toEqual([recovering, database || file]);
  await again.recovered();
  expect((await installationIn(file ? directory : other, database ? store : empty, { restored: false })).recovering).toBe(false);
  await Promise.all([store.close(), empty.close()]);
});

test('the database of another installation is refused', async () => {
  const [directory, other] = [await tempDir('installation'), await tempDir('other')];
  const [one, two] = await Promise.all([openStore({ directory: null, version: 'test' }), openStore({ directory: null, version: 'test' })]);
  await installationIn(directory, one, { restored: false });
  await installationIn(other, two, { restored: false });
  await expect(installationIn(directory, two, { restored: false })).rejects.toMatchObject({ code: 'settings_invalid' });
  await Promise.all([one.close(), two.close()]);
});
