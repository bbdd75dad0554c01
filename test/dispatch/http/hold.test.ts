import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Cancel } from '../../../src/backends/ports/sessions.js';
import { systemClock } from '../../../src/clock.js';
import { openUpgrade } from '../../../src/client/connect/tunnel.js';
import { holdRun } from '../../../src/client/hold.js';
import { type RemoteRun, runInService } from '../../../src/client/run/run.js';
import { MayflyError } from '../../../src/errors.js';
import { Holds } from '../../../src/dispatch/holds.js';
import type { Run } from '../../../src/dispatch/run.js';
import type { Token } from '../../../src/dispatch/store/store.js';
import { loadSpec } from '../../../src/spec/load.js';
import { steppedClock } from '../../support/stepped-clock.js';
import { untilIdle } from '../../support/idle.js';
import { until } from '../../support/poll.js';
import { tempDir } from '../../support/temp-dir.js';
import { api } from './scene.js';
import { served, type Served } from './served.js';

const held = { 'mayfly.held': 'true' };

const stateOf = async ({ ask, id }: Pick<Served, 'ask' | 'id'>) => ((await ask(`/v1/runs/${id}`)).body as { state: string }).state;

/** Advances by seconds, one after the other. */
async function pass({ clock }: Pick<Served, 'clock'>, seconds: number) {
  for (let left = seconds; left > 0; left -= 1) await clock.advance(1000);
}

test('a held run is cancelled 30 s after its last connection, and not before', async () => {
  const one = await served({}, {}, held);
  const hold = () => openUpgrade(one.connection, `v1/runs/${one.id}/hold`);
  const gone = async (socket: Awaited<ReturnType<typeof hold>>) => {
    const left = one.streams.size - 1;
    socket.destroy();
    await until('the service has seen it', () => one.streams.size === left);
  };
  const [first, second] = [await hold(), await hold()];
  await gone(first);
  await pass(one, 60);
  expect(await stateOf(one)).toBe('running');
  await gone(second);
  await pass(one, 20);
  const third = await hold();
  await pass(one, 60);
  expect(await stateOf(one)).toBe('running');
  await gone(third);
  await pass(one, 29);
  expect(await stateOf(one)).toBe('running');
  await pass(one, 2);
  await one.until(one.id, 'cancelled');
});

test('a held run that no connection has ever held is cancelled after 30 s', async () => {
  const one = await api();
  const spec = { name: 'one', max_duration: 300, engine: { image: 'alpine', command: ['serve'] } };
  const { id } = (await one.ask('/v1/runs', { body: { spec, labels: held } })).body as { id: string };
  await pass(one, 29);
  expect((await one.ask(`/v1/runs/${id}`)).body).toMatchObject({ state: 'running' });
  await pass(one, 2);
  await one.until(id, 'cancelled');
});

test('a client whose hold finds no room asks again', async () => {
  const one = await served({}, {}, held);
  const opened = Array.from({ length: 250 }, () => one.streams.admit({ id: 'other', organisation: 'team' } as Token, 'connection'));
  let pauses = 0;
  // Each pause makes room for one more.
  const sleep = () => Promise.resolve(void opened[pauses++]?.release());
  const release = holdRun({ ...one.connection, clock: { ...systemClock, sleep } }, one.id);
  await until('the run is held', () => pauses > 0 && one.streams.size === 250 - pauses + 1);
  release();
  await until('the hold has ended', () => one.streams.size === 250 - pauses);
});

test('a run without the label, one that is over, and another organisation cannot be held', async () => {
  const one = await served();
  const asked = (more = {}) => openUpgrade({ ...one.connection, ...more }, `v1/runs/${one.id}/hold`);
  await expect(asked()).rejects.toMatchObject({ code: 'not_possible', message: 'the run does not have the label mayfly.held=true' });
  await expect(asked({ token: await one.tokenOf('other', 'submit') })).rejects.toMatchObject({ code: 'run_unknown' });
  await one.ask(`/v1/runs/${one.id}/cancel`, { body: {} });
  await one.until(one.id, 'cancelled');
  await expect(asked()).rejects.toMatchObject({ code: 'not_possible', message: 'the run is cancelled' });
});

test('after a start of the service, held runs wait 30 s for their clients; others stay', async () => {
  const run = (id: string, labels: Record<string, string>) => ({ id, labels, state: 'running' }) as unknown as Run;
  const runs = [run('lost', held), run('found', held), run('free', {})];
  const [clock, cancelled] = [steppedClock(), [] as string[]];
  const commands = { cancel: (id: string) => (cancelled.push(id), Promise.resolve(run(id, {}))) };
  const log = { info() {}, warn() {} };
  const holds = new Holds({ runs: { all: () => runs, get: (id) => runs.find((one) => one.id === id) }, commands, clock, log });
  holds.resume();
  holds.hold('found');
  await clock.advance(29_999);
  await untilIdle();
  expect(cancelled).toEqual([]);
  await clock.advance(1);
  await untilIdle();
  expect(cancelled).toEqual(['lost']);
});

/** A run in the service of a scene, as `mayfly run` makes it. */
async function runOf(one: Served, command: string, more: Partial<RemoteRun> = {}) {
  const directory = await tempDir('run');
  await writeFile(join(directory, 'one.json'), JSON.stringify({ max_duration: 300, engine: { image: 'alpine', command: ['serve'] } }));
  const { spec } = await loadSpec(join(directory, 'one.json'), { name: 'mine' });
  const [stdout, stderr] = [new PassThrough(), new PassThrough().resume()];
  const never = new AbortController().signal;
  const cancel: Cancel = { stop: never, kill: never, grace: 1000, signal: () => 'TERM' };
  const events: string[] = [];
  const ended = runInService(one.connection, {
    ...{ spec, copies: [], artifacts: [], cancel, directory, env: {}, key: 'a', replace: false, clock: systemClock },
    file: { name: 'mine', max_duration: 300, engine: { image: 'alpine', command: ['serve'] } },
    exec: { command: command.split(' '), container: 'engine', streams: { stdin: null, stdout, stderr } },
    emit: (event) => void events.push(event.type),
    onChange: ({ state }) => void events.push(state),
    onCollected: (collected) => void events.push(...collected.flatMap(({ placed }) => placed?.path ?? 'none')),
    failed: ({ state }) => new MayflyError('apply_failed', { cause: `it is ${state}` }),
    ...more,
  }).finally(() => stdout.end());
  let over = false;
  const done = () => (over = true);
  ended.then(done, done);
  // The service has a clock of its own.
  const advancing = (async () => {
    while (!over) {
      await one.clock.advance(1000);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return { ended: ended.finally(() => advancing), output: text(stdout), events, directory };
}

test('a run: its output and code come back, its artifacts are collected, and it is ended', async () => {
  const one = await served({ 'make it': ({ out }) => (out('made\n'), 3) });
  const artifact = { container: 'engine', from: '/made', to: null, optional: false, when: 'always', max: null } as const;
  const { ended, output, events } = await runOf(one, 'make it', { artifacts: [artifact] });
  expect([await ended, await output]).toEqual([{ code: 3, why: null }, 'made\n']);
  expect(events.filter((event) => event !== 'provisioning' && event !== 'placed' && event !== 'queued')).toEqual([
    'running',
    'warning',
    'none',
  ]);
  const runs = ((await one.ask('/v1/runs?name=mine')).body as { runs: { state: string; labels: object }[] }).runs;
  expect(runs).toMatchObject([{ state: 'cancelled', labels: held }]);
});

test('a run that cannot be made is an error with its cause, and nothing is left', async () => {
  const one = await served();
  const controller = new AbortController();
  const cancel = { stop: controller.signal, kill: new AbortController().signal, grace: 1000, signal: () => 'TERM' as const };
  const { ended, events } = await runOf(one, 'go on', {
    cancel,
    onChange: ({ state }) => state === 'running' && controller.abort(new Error('Ctrl-C')),
  });
  await expect(ended).rejects.toThrow();
  expect(events).toEqual([]);
  const runs = ((await one.ask('/v1/runs?name=mine')).body as { runs: { state: string }[] }).runs;
  expect(runs).toMatchObject([{ state: 'cancelled' }]);
});
