import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { runInWorker, type RunOptions } from '../../src/worker/run.js';
import { sweep } from '../../src/lease/sweep.js';
import { type Client, openScene, smallSpec, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';

async function scene(program: () => number | null = () => 0) {
  const clock = manualClock();
  const all = await openScene({ clock, programs: { build: ({ out }) => (out('built\n'), program()) } });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const own = all.client();
  const run = (client: Client = own, more: Partial<RunOptions> = {}) =>
    runInWorker(client, smallSpec({ containers: [{ name: 'box', command: ['idle'], cpu: 50, memory: 16, storage: 10 }] }), {
      ...{ strict: false, container: 'box', command: ['build'], streams: { stdin: null, stdout, stderr }, onPlan: () => {} },
      ending: { grace: 10_000, signal: () => 'TERM' as const },
      ...{ artifacts: [], directory: '/', onCollected: () => {}, onRetained: () => {} },
      ...more,
    });
  return { ...all, clock, own, run, stdout };
}

test.for([0, 3, 130])('a command that ends with %d: its code, its output, and no worker any more', async (code) => {
  const { node, run, stdout, layout } = await scene(() => code);
  expect([await run(), text(stdout), thingsOf(node)]).toEqual([{ code, cause: null }, 'built\n', []]);
  expect(await layout.history.of('one')).toMatchObject([{ reason: 'destroyed' }]);
});

test('no other backend is asked than the one of its plan', async () => {
  const { run, own } = await scene();
  const opened = new Set<string>();
  const names = [...own.nodes.names, 'other'];
  const openNode = (node: string) => (opened.add(node), own.openNode(node));
  await run({ ...own, nodes: { ...own.nodes, names, unnamed: names }, openNode });
  expect([...opened]).toEqual(own.nodes.names);
});

test('a worker that is there already is refused and left alone', async () => {
  const { node, run } = await scene();
  seed(node);
  await expect(run()).rejects.toMatchObject({ code: 'worker_exists' });
  expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present', 'work present']);
});

test('a container that ends before its command: the error is its end, and nothing is left', async () => {
  const { node, hand, run, own } = await scene();
  const held = own.faults.hold('create', { of: /lease/ });
  const ran = run();
  await held.reached;
  hand.exit('one', 'box', 3);
  held.release();
  await expect(ran).rejects.toMatchObject({ code: 'not_ready', message: 'box ended with exit code 3', place: { path: 'one/box' } });
  expect(thingsOf(node)).toEqual([]);
});

test('a container that it has not: an error, and no worker any more', async () => {
  const { node, run, own } = await scene();
  await expect(run(own, { container: 'none' })).rejects.toMatchObject({ code: 'container_unknown' });
  expect(thingsOf(node)).toEqual([]);
});

test('a worker whose time is up under the command: 124, whoever ended it', async () => {
  const scenery = await scene(() => null);
  const { clock, node, run, own, client, layout } = scenery;
  const held = own.faults.hold('exec');
  const ran = run();
  await held.reached;
  clock.advance(400_000);
  const { backend } = client();
  await sweep({ backend, layout, clock, dryRun: false, lockTimeout: 0 });
  held.release();
  expect([await ran, thingsOf(node)]).toEqual([{ code: 124, cause: { reason: 'expired', why: 'expired after 5 min' } }, []]);
});

test('an apply that fails is the error, and nothing is left', async () => {
  const { node, run, own } = await scene();
  own.faults.fail('start', { times: 1 });
  await expect(run()).rejects.toMatchObject({ code: 'backend_unreachable' });
  expect(thingsOf(node)).toEqual([]);
});

test('Ctrl-C ends the command and the worker', async () => {
  const { node, run, own } = await scene(() => null);
  const held = own.faults.hold('exec');
  const ran = run().catch((error: unknown) => error);
  await held.reached;
  own.interrupt();
  held.release();
  expect(await ran).toBeInstanceOf(Error);
  expect(thingsOf(node)).toEqual([]);
});
