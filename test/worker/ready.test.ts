import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Readiness } from '../../src/backends/ports/readiness.js';
import { type MayflyError } from '../../src/errors.js';
import type { MayflyEvent } from '../../src/events.js';
import type { Plan } from '../../src/plan/plan.js';
import { parseSpec } from '../../src/spec/parse.js';
import type { Call } from '../../src/worker/call.js';
import { untilReady } from '../../src/worker/ready.js';
import { manualClock } from '../support/manual-clock.js';

const ready: Readiness = { ready: true, waiting: [], failed: null };
const ended: Readiness = { ready: false, waiting: [], failed: { container: 'db', reason: 'ended with exit code 3', remedy: 'mend it' } };
const waits: Readiness = { ready: false, waiting: [{ container: 'db', for: 'healthcheck (exit code 1)' }], failed: null };
const check = { command: ['true'] };

function specOf(rest: object): ReturnType<typeof parseSpec>['spec'] {
  const text = JSON.stringify({ name: 'one', max_duration: 60, create_timeout: 2, cpu: 1, memory: 6, storage: 0, ...rest });
  return parseSpec(text, { file: 'one.json', directory: '/', env: {} }).spec;
}

/** Looks one after the other, the last one for ever. */
async function wait(
  looks: readonly Readiness[],
  { engine = { image: 'a' } as object | string, rest = {}, action = 'create', commandIn = undefined as string | undefined, slow = 0 } = {},
) {
  const clock = manualClock();
  const events: MayflyEvent[] = [];
  let looked = 0;
  const backend = {
    readiness() {
      clock.advance(slow);
      return Promise.resolve(looks[Math.min(looked++, looks.length - 1)]!);
    },
    report: () => Promise.resolve([{ container: 'db', status: 'exited', exitCode: 3, outOfMemory: false, lastLines: ['last words'] }]),
  } as unknown as Backend;
  const call = { clock, emit: (event: MayflyEvent) => events.push(event), stop: new AbortController().signal } as unknown as Call;
  const plan = { changes: [{ action }] } as unknown as Plan;
  const error = await untilReady(call, backend, specOf({ engine, ...rest }), { startedAt: clock.now(), plan, commandIn }).then(
    () => null,
    (thrown: unknown) => thrown as MayflyError,
  );
  return { error, looked, slept: clock.slept, events };
}

test('what has just started is looked at again 250 ms later, and may have ended by then', async () => {
  expect(await wait([ready])).toEqual({ error: null, looked: 2, slept: [250], events: [] });
  const { error, looked } = await wait([ready, ended]);
  expect(looked).toBe(2);
  expect(error).toMatchObject({ code: 'not_ready', message: 'db ended with exit code 3', place: { path: 'one/db' }, timedOut: false });
  expect(error).toMatchObject({ remedy: 'mend it', log: ['last words'] });
});

test('one look does where nothing was started, or where checks tell of all', async () => {
  expect(await wait([ready], { action: 'none' })).toMatchObject({ error: null, looked: 1, slept: [] });
  expect(await wait([ready], { action: 'delete' })).toMatchObject({ error: null, looked: 1 });
  expect(await wait([ready], { engine: { image: 'a', healthcheck: check } })).toMatchObject({ error: null, looked: 1 });
  expect(await wait([ready], { engine: { image: 'a', healthcheck: 'none' } })).toMatchObject({ error: null, looked: 2 });
});

test('a shell of mayfly that only waits does not end at once, so one look does', async () => {
  const db = { name: 'db', image: 'a', healthcheck: check };
  const idle = (containers: object[]) => ({ engine: 'idle', rest: { containers, service_containers: [db] } });
  expect(await wait([ready], idle([{ name: 'test', image: 'a' }]))).toMatchObject({ error: null, looked: 1, slept: [] });
  expect(await wait([ready], idle([{ name: 'test', image: 'a', command: 'serve' }]))).toMatchObject({ looked: 2, slept: [250] });
  expect(await wait([ready], idle([{ name: 'test', image: 'a', entrypoint: 'serve' }]))).toMatchObject({ looked: 2, slept: [250] });
  const unchecked = { containers: [{ name: 'test', image: 'a' }], service_containers: [{ ...db, healthcheck: 'none' }] };
  expect(await wait([ready], { engine: 'idle', rest: unchecked })).toMatchObject({ looked: 2, slept: [250] });
  const asIdle = { image: 'a', entrypoint: ['sh', '-c'], command: ['exit 3'] };
  expect(await wait([ready], { engine: asIdle })).toMatchObject({ looked: 2, slept: [250] });
});

test('a program is not looked at again where a command follows in its container; other programs are', async () => {
  expect(await wait([ready], { commandIn: 'engine' })).toMatchObject({ error: null, looked: 1, slept: [] });
  expect(await wait([ready], { commandIn: 'test' })).toMatchObject({ looked: 2, slept: [250] });
  const served = { containers: [{ name: 'test', image: 'a', command: 'serve' }] };
  expect(await wait([ready], { engine: 'idle', rest: served, commandIn: 'test' })).toMatchObject({ looked: 1 });
  expect(await wait([ready], { rest: served, commandIn: 'engine' })).toMatchObject({ looked: 2, slept: [250] });
});

test('what takes longer than that is not looked at again', async () => {
  const { error, slept } = await wait([...Array.from({ length: 12 }, () => waits), ready]);
  expect(error).toBeNull();
  expect(slept).toHaveLength(12);
});

test('a time that is up is told as such, with what was waited for', async () => {
  const { error, events } = await wait([waits]);
  expect(error).toMatchObject({ code: 'not_ready', timedOut: true, place: { path: 'one/db' }, log: ['last words'] });
  expect(error?.message).toBe('not ready within create_timeout (2 s), waiting for db: healthcheck (exit code 1)');
  expect(events).toEqual([{ type: 'waiting', for: ['db: healthcheck (exit code 1)'], elapsedMs: 0 }]);
});

test('readiness after create_timeout is refused: the machine was suspended, or an image took too long', async () => {
  const { error } = await wait([ready], { slow: 2001 });
  expect(error).toMatchObject({
    code: 'not_ready',
    timedOut: true,
    place: { path: 'one/engine' },
    remedy: 'raise create_timeout and apply again',
  });
  expect(error?.message).toBe('not ready within create_timeout (2 s), only after 3 s');
});

test('readiness in time counts, though the look that follows is later', async () => {
  expect(await wait([ready], { slow: 1999 })).toMatchObject({ error: null, looked: 2, slept: [250] });
  const { error } = await wait([ready, waits], { slow: 1500 });
  expect(error?.message).toBe('not ready within create_timeout (2 s), waiting for db: healthcheck (exit code 1)');
});
