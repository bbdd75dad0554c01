import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { currentLease } from '../../src/lease/deadline.js';
import { sweep } from '../../src/lease/sweep.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { execFresh } from '../../src/worker/exec-fresh.js';
import { listWorkers } from '../../src/worker/list.js';
import { planWorker } from '../../src/worker/plan.js';
import { openScene, specOf, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

/** A worker `one` of 5 minutes with a container `build`, retained unless `running`, and a command `look` that does `work`. */
async function scene(work: () => number | null | Promise<number | null> = () => 7, { running = false } = {}) {
  const clock = manualClock();
  const all = await openScene({ clock, programs: { look: work } });
  seed(all.node, { containers: ['build'], lease: 300 });
  clock.advance(2000);
  const own = all.client();
  const { backend } = own;
  if (!running) {
    const { terms, endsAt } = currentLease(await backend.list('one'))!;
    await backend.writeLease('one', { ...terms, retained: true }, endsAt / 1000);
    await backend.stop('one', await backend.list('one'));
  }
  const ending = { grace: 10_000, signal: () => 'TERM' as const };
  const options = () => ({
    ...{ worker: 'one', container: 'build', command: ['look'], ending },
    streams: { stdin: null, stdout: new PassThrough(), stderr: new PassThrough() },
  });
  const fresh = (client = own) => execFresh(client, client.backend, options());
  const things = () => thingsOf(all.node).map((line) => line.replace(/^fresh_[0-9a-f]{8} /, 'fresh '));
  return { ...all, clock, own, fresh, things, options };
}

const retained = ['build exited', 'engine exited', 'lease-2 present', 'work present'];

test.each([
  ['succeeds', () => 0, 0],
  ['fails', () => 7, 7],
  ['is killed', () => 137, 137],
])('a command in a fresh container that %s returns its own code, and nothing is left', async (_title, work, code) => {
  const { fresh, things } = await scene(work);
  expect(await fresh()).toEqual({ code, cause: null });
  expect(things()).toEqual(retained);
});

test('the fresh container is no container of the worker: nothing shows it, and a plan is the same', async () => {
  const { own, fresh, things } = await scene(async () => {
    expect(things()).toEqual([...retained.slice(0, 2), 'fresh running', ...retained.slice(2)]);
    const { workers } = await listWorkers(own);
    expect(workers[0]).toMatchObject({
      status: 'retained',
      containers: [
        { container: 'engine', status: 'exited' },
        { container: 'build', status: 'exited' },
      ],
    });
    const { plan } = await planWorker(own, specOf(), { strict: false });
    expect(plan.changes.filter(({ action }) => action === 'delete')).toEqual([]);
    return 0;
  });
  await fresh();
});

test('a destroy under the command ends it and the fresh container, and the reason is reported', async () => {
  const { client, fresh, things } = await scene(async () => (await destroyWorker(client(), 'one', {}), 137));
  expect(await fresh()).toEqual({ code: 137, cause: { reason: 'destroyed', why: 'destroyed' } });
  expect(things()).toEqual([]);
});

test('a worker that expires under the command is the reason: 124', async () => {
  const { clock, own, fresh } = await scene(async () => {
    clock.advance(300_000);
    await own.backend.stop('one', await own.backend.list('one'));
    return 143;
  });
  expect(await fresh()).toEqual({ code: 124, cause: { reason: 'expired', why: 'expired after 5 min' } });
});

test('an end of the worker while the fresh container is made removes that too', async () => {
  const { own, client, fresh, things } = await scene();
  const held = own.faults.hold('create');
  const looking = fresh();
  await held.reached;
  await destroyWorker(client(), 'one', {});
  held.release();
  await expect(looking).rejects.toMatchObject({ code: 'worker_ended' });
  expect(things()).toEqual([]);
});

test('a keeper ends the fresh container of a killed client with its worker', async () => {
  const { own, client, clock, layout, fresh, things } = await scene();
  own.faults.crashAt(own.faults.calls.length + 5, 'after');
  void fresh();
  await own.faults.death;
  expect(things()).toEqual([...retained.slice(0, 2), 'fresh running', ...retained.slice(2)]);
  const { backend } = client();
  clock.advance(300_000);
  await sweep({ backend, layout, clock, dryRun: false, lockTimeout: 0 });
  expect(things()).toEqual([]);
});

test('an interrupt ends the command, and nothing is left', async () => {
  const { own, fresh, things } = await scene(() => (own.interrupt(), null));
  await expect(fresh()).rejects.toThrow();
  expect(things()).toEqual(retained);
});

test('a fresh container that cannot be removed is a warning', async () => {
  const { own, fresh } = await scene();
  own.faults.fail('delete', { times: 1 });
  expect(await fresh()).toMatchObject({ code: 7 });
  expect(own.warnings()).toEqual(['the fresh container could not be removed, and ends with one: connection reset by peer']);
});

test('a worker whose containers run is refused', async () => {
  const { fresh } = await scene(() => 0, { running: true });
  await expect(fresh()).rejects.toMatchObject({
    code: 'usage',
    message: 'the worker is not retained: its containers run',
    remedy: 'leave --fresh out: mayfly exec one build -- look',
  });
});

test('an expired worker is refused', async () => {
  const { clock, fresh } = await scene();
  clock.advance(300_000);
  await expect(fresh()).rejects.toMatchObject({ code: 'worker_ended' });
});

test('a backend without fresh containers refuses with its reason', async () => {
  const { own, options } = await scene();
  const says = 'a local process has no image to start another container of';
  const backend = {
    ...own.backend,
    sessions: { ...own.backend.sessions!, fresh: null },
    capabilities: { ...own.backend.capabilities, fresh: { how: 'refused' as const, says } },
  };
  await expect(execFresh(own, backend, options())).rejects.toMatchObject({
    code: 'usage',
    message: `this backend makes no fresh containers: ${says}`,
  });
});
