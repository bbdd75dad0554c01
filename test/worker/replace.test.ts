import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { labelKeys } from '../../src/labels.js';
import { identityName, ownIdentity } from '../../src/state/process-identity.js';
import { runInWorker, type RunOptions } from '../../src/worker/run.js';
import { type Client, openScene, smallSpec, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { until } from '../support/poll.js';

const spec = smallSpec({ containers: [{ name: 'box', command: ['idle'], cpu: 50, memory: 16, storage: 10 }] });
const here = identityName(ownIdentity());
/** A process of another machine. */
const far = identityName({ ...ownIdentity(), host: 'elsewhere' });
const replaced = { code: 130, cause: { reason: 'replaced', why: 'replaced by a later run' } };
const done = { code: 0, cause: null };

function run(client: Client, runner: string, command: string, more: Partial<RunOptions> = {}) {
  return runInWorker(client, spec, {
    ...{
      strict: false,
      container: 'box',
      command: [command],
      streams: { stdin: null, stdout: new PassThrough(), stderr: new PassThrough() },
    },
    ...{
      ending: { grace: 10_000, signal: () => 'TERM' as const },
      onPlan: () => {},
      artifacts: [],
      directory: '/',
      onCollected: () => {},
      onRetained: () => {},
    },
    ...{ runner, origin: 'github.com/a/b:ci.yaml' },
    ...more,
  });
}

const open = () => openScene({ clock: systemClock });

test('the newest run wins: the earlier one ends its own worker and says why', async () => {
  const { client, node, layout } = await open();
  const [first, second] = [client(), client()];
  const held = first.faults.hold('exec');
  const earlier = run(first, here, 'idle');
  await held.reached;
  held.release();
  expect(await run(second, far, 'exit 0', { replace: true })).toEqual(done);
  expect(await earlier).toEqual(replaced);
  expect(first.events.filter(({ type }) => type === 'ended')).toEqual([
    { type: 'ended', worker: 'one', reason: 'replaced', why: 'replaced by a later run' },
  ]);
  expect((await layout.history.of('one')).map(({ reason }) => reason)).toEqual(['destroyed', 'replaced']);
  expect(thingsOf(node)).toEqual([]);
});

test('an earlier run that is making its worker gives way too', async () => {
  const { client, node } = await open();
  const [first, second] = [client(), client()];
  const held = first.faults.hold('start');
  const earlier = run(first, here, 'idle');
  await held.reached;
  const later = run(second, far, 'exit 0', { replace: true });
  await until('the first one has seen it', () => first.events.some(({ type }) => type === 'ended') || held.release() === undefined);
  expect([await earlier, await later]).toEqual([replaced, done]);
  expect(thingsOf(node)).toEqual([]);
});

test('of two that replace at once, the later one wins', async () => {
  const { client, node, layout } = await open();
  const [first, second, third] = [client(), client(), client()];
  const held = first.faults.hold('exec');
  const runs = [run(first, here, 'idle')];
  await held.reached;
  held.release();
  runs.push(run(second, here, 'idle', { replace: true }));
  await until('the second has claimed the name', () => existsSync(layout.claim('one')));
  runs.push(run(third, far, 'exit 0', { replace: true }));
  expect(await Promise.all(runs)).toEqual([replaced, replaced, done]);
  expect(thingsOf(node)).toEqual([]);
});

test('the run of another machine is replaced at once, and leaves the later worker alone', async () => {
  const { client, elsewhere, node } = await open();
  const [first, second] = [client({ layout: await elsewhere() }), client()];
  const held = first.faults.hold('exec');
  const earlier = run(first, far, 'idle');
  await held.reached;
  held.release();
  const later = second.faults.hold('exec');
  const ran = run(second, here, 'exit 0', { replace: true });
  await later.reached;
  expect(await earlier).toEqual(replaced);
  expect(thingsOf(node)).toEqual(['box running', 'engine running', 'lease-1 present']);
  later.release();
  expect([await ran, thingsOf(node)]).toEqual([done, []]);
});

test.for([
  ['`apply` made', {}, 'worker_exists'],
  ['a run of another spec made', { [labelKeys.runner]: far, [labelKeys.origin]: 'github.com/a/c:ci.yaml' }, 'other_origin'],
] as const)('a worker that %s is not replaced', async ([, labels, code]) => {
  const { client, node } = await open();
  seed(node, { engine: labels });
  await expect(run(client(), here, 'exit 0', { replace: true })).rejects.toMatchObject({ code });
  expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present', 'work present']);
});

test('without --replace the earlier run stays', async () => {
  const { client, node } = await open();
  seed(node, { engine: { [labelKeys.runner]: far } });
  await expect(run(client(), here, 'exit 0')).rejects.toMatchObject({
    code: 'worker_exists',
    remedy: 'use `mayfly exec one -- CMD`, give this run another --name, or end an earlier run with --replace',
  });
  expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present', 'work present']);
});
