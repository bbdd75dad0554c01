import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { sweep } from '../../src/lease/sweep.js';
import { identityName, ownIdentity } from '../../src/state/process-identity.js';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { listWorkers } from '../../src/worker/list.js';
import { runInWorker } from '../../src/worker/run.js';
import { waitUntilReady } from '../../src/worker/wait.js';
import { openScene, smallSpec, thingsOf } from '../memory/scene.js';
import { manualClock } from '../support/manual-clock.js';

/** A worker of which `retain.failure` is 10 minutes and the lease `max_duration` seconds. The command ends with `code`. */
async function scene({ code = 3, maxDuration = 3600 }: { code?: number; maxDuration?: number } = {}) {
  const clock = manualClock();
  const codes = [code];
  const { node, client, layout } = await openScene({ clock, programs: { build: () => codes[0]! } });
  const own = client();
  const container = { name: 'box', command: ['idle'], cpu: 50, memory: 16, storage: 10 };
  const spec = smallSpec({ max_duration: maxDuration, retain: { failure: '10m' }, containers: [container] });
  const ends: number[] = [];
  const run = () =>
    runInWorker(own, spec, {
      ...{ strict: false, container: 'box', command: ['build'], artifacts: [], directory: '/', onPlan: () => {}, onCollected: () => {} },
      runner: identityName({ ...ownIdentity(), pid: 2 ** 22 + 1 }),
      ending: { grace: 10_000, signal: () => 'TERM' },
      streams: { stdin: null, stdout: new PassThrough(), stderr: new PassThrough() },
      onRetained: (endsAt) => void ends.push(endsAt),
    });
  const look = () => sweep({ backend: own.backend, layout, clock, dryRun: false, lockTimeout: 0 });
  const statuses = async () => (await listWorkers(own)).workers.map(({ status }) => status);
  return { clock, own, node, spec, run, look, ends, statuses, codes, layout };
}

const stopped = ['box exited', 'engine exited', 'lease-2 present'];

// The runner has ended, which ends any other worker of a run.
test('a failed run leaves its worker stopped until its new end, and a keeper ends it then', async () => {
  const { clock, node, run, look, ends, statuses } = await scene();
  expect(await run()).toMatchObject({ code: 3 });
  expect([thingsOf(node), await statuses()]).toEqual([stopped, ['retained']]);
  const left = ends[0]! - clock.now();
  expect([left > 580_000, left <= 600_000]).toEqual([true, true]);
  await look();
  expect(thingsOf(node)).toEqual(stopped);
  clock.advance(600_000);
  await look();
  expect(thingsOf(node)).toEqual([]);
});

test('the end is never later than that of the lease', async () => {
  const { own, run, ends } = await scene({ maxDuration: 60 });
  await run();
  expect(own.events).toContainEqual(expect.objectContaining({ type: 'ready', ends: ends[0] }));
});

test('a run that succeeds ends its worker', async () => {
  const { node, run, ends } = await scene({ code: 0 });
  expect(await run()).toMatchObject({ code: 0 });
  expect([thingsOf(node), ends]).toEqual([[], []]);
});

test('another run of the same name replaces a retained worker, and so does an apply', async () => {
  const { node, run, own, spec, codes, statuses } = await scene();
  await run();
  codes[0] = 0;
  expect(await run()).toMatchObject({ code: 0 });
  expect(thingsOf(node)).toEqual([]);
  codes[0] = 3;
  await run();
  await applyWorker(own, spec, { strict: false });
  expect([thingsOf(node), await statuses()]).toEqual([['box running', 'engine running', 'lease-1 present'], ['ready']]);
  expect((await own.layout.history.of('one')).map(({ reason }) => reason)).toEqual(['destroyed', 'destroyed', 'destroyed']);
});

test('destroy ends a retained worker, and wait reports it', async () => {
  const { node, run, own } = await scene();
  await run();
  await expect(waitUntilReady(own, 'one', { timeout: 5 })).rejects.toMatchObject({
    code: 'not_ready',
    message: 'the worker is retained after a failed run, with its containers stopped',
  });
  await destroyWorker(own, 'one', {});
  expect(thingsOf(node)).toEqual([]);
});

test('a worker that cannot be retained is ended, and the code stays that of the command', async () => {
  const { node, run, own } = await scene();
  own.faults.fail('signal', { times: 1 });
  expect(await run()).toMatchObject({ code: 3 });
  expect(own.warnings()).toEqual(['one could not be retained: connection reset by peer']);
  expect(thingsOf(node)).toEqual([]);
});
