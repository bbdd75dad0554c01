import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { endWorker } from '../../src/lease/end-worker.js';
import { acquireLock } from '../../src/state/lock.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { execInWorker } from '../../src/worker/exec.js';
import { nodeName, openScene } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

/** A worker `one` of 5 minutes with containers `build` and `db`, and a command in `build` that does `work` and ends with its code. */
async function failing(work: (scene: Scene) => number | null | Promise<number | null>) {
  const clock = manualClock();
  const programs = { test: () => work(all) };
  const all: Scene = { ...(await openScene({ clock, programs })), clock };
  seed(all.node, { containers: ['build', 'db'], lease: 300 });
  clock.advance(2000);
  const client = all.client();
  const ending = { grace: 10_000, signal: () => 'TERM' as const };
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const exec = (container = 'build') =>
    execInWorker(client, client.backend, { worker: 'one', container, command: ['test'], streams: { stdin: null, stdout, stderr }, ending });
  return { ...all, client, exec };
}

type Scene = Awaited<ReturnType<typeof openScene>> & { clock: ReturnType<typeof manualClock> };

const end = async ({ client, layout, clock }: Scene, reason: 'storage_exceeded', detail: string) => {
  const { backend } = client();
  const options = { backend, worker: 'one', layout, clock, reason: () => reason, detail, operation: 'keeper', lockTimeout: 0, seen: [] };
  await endWorker({ ...options, warn: () => {} });
};

const rows: [title: string, work: (scene: Scene) => number | null | Promise<number | null>, code: number, cause: object | null][] = [
  ['succeeds', () => 0, 0, null],
  ['fails by itself', () => 3, 3, null],
  ['is killed by somebody', () => 137, 137, null],
  ['outlives its worker', ({ clock }) => (clock.advance(301_000), 143), 124, { reason: 'expired', why: 'expired after 5 min' }],
  [
    'is killed by a keeper that ends its worker for its size',
    async (scene) => (await end(scene, 'storage_exceeded', 'container build uses 3157 MB of 3000 MB'), 137),
    125,
    { reason: 'storage_exceeded', why: 'container build uses 3157 MB of 3000 MB' },
  ],
  [
    "is killed by somebody else's destroy",
    async ({ client }) => (await destroyWorker(client(), 'one', {}), 137),
    137,
    { reason: 'destroyed', why: 'destroyed' },
  ],
  [
    'is killed by a removal that nobody recorded',
    ({ node }) => (
      node
        .of('one')
        .toReversed()
        .forEach(({ id }) => node.delete(id)),
      137
    ),
    137,
    { reason: 'destroyed', why: 'the worker was removed, and the reason was not recorded' },
  ],
  [
    'runs out of memory',
    ({ hand }) => (hand.killProcess('one', 'build'), 137),
    137,
    { reason: 'out_of_memory', why: 'container build ran out of memory (limit 512 MB)' },
  ],
  [
    'goes on after a child of it ran out of memory',
    ({ hand }) => (hand.killProcess('one', 'build'), 1),
    1,
    { reason: null, why: 'container build ran out of memory (limit 512 MB)' },
  ],
  [
    'loses a service that ran out of memory',
    ({ hand }) => (hand.killProcess('one', 'db'), 2),
    2,
    { reason: null, why: 'container db ran out of memory (limit 512 MB)' },
  ],
  [
    'ends with its container, which ran out of memory',
    ({ hand }) => (hand.outOfMemory('one', 'build'), 137),
    137,
    { reason: 'out_of_memory', why: 'container build ran out of memory (limit 512 MB)' },
  ],
  [
    'ends with its container, which ended by itself',
    ({ hand }) => (hand.exit('one', 'build', 3), 137),
    137,
    { reason: null, why: 'container build ended with exit code 3' },
  ],
  [
    'ends with its container, which somebody stopped',
    ({ hand }) => (hand.exit('one', 'build', 143), 137),
    137,
    { reason: null, why: 'container build ended with exit code 143' },
  ],
  [
    'ends with the engine',
    ({ hand }) => (hand.exit('one', 'engine', 4), hand.exit('one', 'build', 143), 137),
    137,
    { reason: 'engine_ended', why: 'engine ended with exit code 4' },
  ],
  [
    'ends with an engine that ran out of memory',
    ({ hand }) => (hand.outOfMemory('one', 'engine'), hand.exit('one', 'build', 143), 143),
    137,
    { reason: 'out_of_memory', why: 'engine ran out of memory (limit 512 MB)' },
  ],
  ['fails beside a service that has ended', ({ hand }) => (hand.exit('one', 'db', 1), 5), 5, { reason: null, why: 'db exited 1' }],
];

test.for(rows)('a command that %s', async ([, work, code, cause]) => {
  const { exec } = await failing(work);
  expect(await exec()).toEqual({ code, cause });
});

test('a child that ran out of memory is found, though the node reports it after the end of the command', async () => {
  const { exec } = await failing(({ node }) => (node.container('one', 'build').run.kills.push(node.now() + 400), 5));
  expect(await exec()).toEqual({ code: 5, cause: { reason: null, why: 'container build ran out of memory (limit 512 MB)' } });
});

test('a service that becomes unhealthy under the command is named', async () => {
  const { hand, exec } = await failing(() => (hand.health('one', 'db', 'unhealthy'), 1));
  expect(await exec()).toEqual({ code: 1, cause: { reason: null, why: 'db unhealthy' } });
});

test('a worker that is being ended is waited for, 15 s at most', async () => {
  const { exec, layout, clock } = await failing(async () => {
    await acquireLock(layout.lock(nodeName, 'one'), { operation: 'keeper', timeout: 0, clock, below: layout.root });
    return 137;
  });
  const began = clock.now();
  expect(await exec()).toEqual({ code: 137, cause: { reason: null, why: 'the worker is being ended' } });
  expect(clock.now() - began).toBeGreaterThanOrEqual(15_000);
});

test('a later worker of the same name is not the one that the command ran in', async () => {
  const { exec, node, clock } = await failing(({ client }) =>
    destroyWorker(client(), 'one', {}).then(() => {
      clock.advance(1000);
      seed(node, { containers: ['build', 'db'] });
      return 137;
    }),
  );
  expect(await exec()).toEqual({ code: 137, cause: { reason: 'destroyed', why: 'destroyed' } });
});

test('a command that could not start has its own error at once', async () => {
  const { exec, hand, clock } = await failing(() => 0);
  hand.exit('one', 'build', 0);
  await expect(exec()).rejects.toMatchObject({ code: 'worker_ended' });
  await expect(exec('none')).rejects.toMatchObject({ code: 'container_unknown' });
  expect(clock.slept).toEqual([]);
});

test('a node that is gone: the first error counts, and a failed question is a warning', async () => {
  const lost = await failing(() => 0);
  lost.client.faults.fail('exec');
  lost.client.faults.fail('list');
  await expect(lost.exec()).rejects.toMatchObject({ code: 'backend_unreachable' });
  expect(lost.client.warnings()).toEqual([]);
  const { client, exec } = await failing(() => 3);
  client.faults.fail('list');
  expect(await exec()).toEqual({ code: 3, cause: null });
  expect(client.warnings()).toEqual([expect.stringMatching(/^it is not known whether one was the cause: /)]);
});
