import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { currentLease } from '../../src/lease/deadline.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { findDetached } from '../../src/worker/detached/find.js';
import {
  type DetachedOptions,
  outputOfDetached,
  startDetached,
  stateOfDetached,
  stopDetached,
  waitForDetached,
} from '../../src/worker/detached/index.js';
import { collector } from '../contract/backend.js';
import type { Io } from '../memory/programs.js';
import { type Client, openScene } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { steppedClock } from '../support/stepped-clock.js';

const place = { worker: 'one', container: 'build', id: '00000000-0000-4000-8000-000000000001' };

/** A worker `one` of an hour with a container `build`, and a command `look` that does `work`. */
async function scene(work: (io: Io) => number | null = () => null) {
  const clock = steppedClock();
  let runs = 0;
  const look = (io: Io) => ((runs += 1), work(io));
  const all = await openScene({ clock, programs: { look } });
  seed(all.node, { containers: ['build'], lease: 3600 });
  const start = (client: Client, more: Partial<DetachedOptions> = {}) =>
    startDetached(client, client.backend, { ...place, command: ['look'], timeout: null, cap: 1000, ...more });
  return { ...all, clock, start, runs: () => runs };
}

test('a command that is silent for 6 minutes keeps its exact code, and who waits gets it', async () => {
  const { clock, hand, client, start } = await scene();
  const one = client();
  await start(one);
  const waiting = waitForDetached(one, one.backend, place);
  await clock.advance(360_000);
  expect(await stateOfDetached(one, one.backend, place)).toEqual({ state: 'running' });
  hand.endCommand('one', 'build', place.id, { state: 'exited', code: 42 });
  expect(await waiting).toEqual({ state: 'exited', code: 42 });
  const another = client();
  expect(await waitForDetached(another, another.backend, place)).toEqual({ state: 'exited', code: 42 });
});

test('output is followed to the end, and read again from a byte on', async () => {
  const { hand, client, start } = await scene();
  const one = client();
  await start(one);
  const { stream, text } = collector();
  const following = outputOfDetached(one, one.backend, place, { from: 0, follow: true }, stream);
  hand.writeOutput('one', 'build', place.id, 'first ');
  hand.writeOutput('one', 'build', place.id, 'x'.repeat(1000));
  hand.endCommand('one', 'build', place.id, { state: 'exited', code: 0 });
  const state = { state: 'exited', code: 0 };
  expect(await following).toEqual({ bytes: 1000, cut: true, state });
  expect(text()).toBe(`first ${'x'.repeat(994)}`);
  const rest = collector();
  expect(await outputOfDetached(one, one.backend, place, { from: 997, follow: false }, rest.stream)).toEqual({
    bytes: 3,
    cut: true,
    state,
  });
});

test.each([
  ['its time is up', { timeout: 60_000 }, (s: Scene) => s.clock.advance(60_000), { state: 'timed_out' }],
  ['its container ends', {}, (s: Scene) => s.hand.exit('one', 'build', 137), { state: 'lost' }],
  ['its wrapper is killed', {}, (s: Scene) => s.hand.endCommand('one', 'build', place.id, { state: 'lost' }), { state: 'lost' }],
] as const)('a command ends when %s, and the engine runs on', async (_title, more, act, state) => {
  const all = await scene();
  const one = all.client();
  await all.start(one, more);
  await act(all);
  expect(await waitForDetached(one, one.backend, place)).toEqual(state);
  expect(all.node.container('one', 'engine').run.status).toBe('running');
});

type Scene = Awaited<ReturnType<typeof scene>>;

test('a stop ends a command, and leaves a result as it is', async () => {
  const { client, start } = await scene();
  const one = client();
  await start(one);
  await stopDetached(one, one.backend, place, { grace: 1000 });
  await stopDetached(one, one.backend, place, { grace: 1000 });
  expect(await waitForDetached(one, one.backend, place)).toEqual({ state: 'stopped' });
});

test('a client that dies at any call of a start leaves a command that was started once or never, and the same start repairs it', async () => {
  const ends = [];
  for (const moment of ['before', 'after'] as const) {
    for (let call = 1; call <= 4; call += 1) {
      const { client, start, runs } = await scene(() => 3);
      const mortal = client();
      mortal.faults.crashAt(call, moment);
      const done = await Promise.race([start(mortal).then(() => true), mortal.faults.death.then(() => false)]);
      const next = client();
      await start(next);
      expect(await waitForDetached(next, next.backend, place)).toEqual({ state: 'exited', code: 3 });
      expect(runs()).toBe(1);
      ends.push(done);
    }
  }
  // A start makes two calls: the look for the container, and the start itself.
  expect(ends).toEqual([false, false, true, true, false, false, true, true]);
});

test('an unknown command, container and worker are named', async () => {
  const { client, start } = await scene();
  const one = client();
  const wait = (more: Partial<typeof place>) => waitForDetached(one, one.backend, { ...place, ...more });
  await expect(wait({})).rejects.toMatchObject({
    code: 'not_found',
    message: `no detached command ${place.id} was started in this container`,
  });
  await expect(wait({ container: 'other' })).rejects.toMatchObject({ code: 'container_unknown' });
  await expect(stopDetached(one, one.backend, place, { grace: 0 })).rejects.toMatchObject({ code: 'not_found' });
  await start(one);
  expect(await findDetached(one, one.backend, { worker: 'one', id: place.id })).toEqual(place);
  await expect(findDetached(one, one.backend, { worker: 'one', container: 'engine', id: place.id })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('who waits learns that the worker has ended, and the results with it', async () => {
  const { client, start } = await scene();
  const one = client();
  await start(one);
  const waiting = waitForDetached(one, one.backend, place);
  await destroyWorker(client(), 'one', {});
  expect(await waiting).toEqual({ state: 'lost' });
  await expect(stateOfDetached(one, one.backend, place)).rejects.toMatchObject({
    code: 'worker_ended',
    message: 'the worker has ended, and the results of its detached commands with it',
  });
});

test('a retained worker keeps its results, and starts nothing', async () => {
  const { client, start } = await scene(({ out }) => (out('kept'), 0));
  const one = client();
  await start(one);
  const { terms, endsAt } = currentLease(await one.backend.list('one'))!;
  await one.backend.writeLease('one', { ...terms, retained: true }, endsAt / 1000);
  await one.backend.stop('one', await one.backend.list('one'));
  expect(await waitForDetached(one, one.backend, place)).toEqual({ state: 'exited', code: 0 });
  const { stream, text } = collector();
  await outputOfDetached(one, one.backend, place, { from: 0, follow: true }, stream);
  expect(text()).toBe('kept');
  await expect(start(one, { id: '00000000-0000-4000-8000-000000000002' })).rejects.toMatchObject({
    code: 'worker_ended',
    message: 'the worker is retained, with its containers stopped',
  });
});

test('a backend without sessions refuses with its reason', async () => {
  const { client } = await scene();
  const one = client();
  const without = { ...one.backend, sessions: null };
  await expect(outputOfDetached(one, without, place, { from: 0, follow: false }, new PassThrough())).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('this backend cannot run commands in a worker'),
  });
});
