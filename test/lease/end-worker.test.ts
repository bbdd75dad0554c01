import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type EndOptions, endWorker, patientWithEndings } from '../../src/lease/end-worker.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import { dueReason } from '../../src/lease/deadline.js';
import { acquireLock } from '../../src/state/lock.js';
import { nodeName, openScene, thingsOf } from '../memory/scene.js';
import { seed, seedLease, type Seed } from '../memory/seed.js';
import { untilIdle } from '../support/idle.js';
import { manualClock } from '../support/manual-clock.js';
import { steppedClock } from '../support/stepped-clock.js';
import { afterTest } from '../support/temp-dir.js';

/** A worker on a node, and how one client ends it. What differs from a `destroy` that waits for no lock is in `more`. */
async function ending({ clock = manualClock(), seeded = {} }: { clock?: EndOptions['clock']; seeded?: Seed } = {}) {
  const scene = await openScene({ clock });
  const { node, layout } = scene;
  seed(node, seeded);
  await layout.worker(nodeName, 'one').writeVariables({});
  const { backend, faults } = scene.client();
  const warnings: string[] = [];
  const end = async (more: Partial<EndOptions> = {}) => {
    const ended = await endWorker({
      ...{ backend, worker: 'one', layout, clock, reason: () => 'destroyed', operation: 'destroy', lockTimeout: 0, seen: [] },
      warn: (message) => warnings.push(message),
      ...more,
    });
    return ended?.reason ?? null;
  };
  const path = layout.lock(nodeName, 'one');
  const lockAs = (operation: string) => acquireLock(path, { operation, timeout: 0, clock, below: layout.root });
  return { ...scene, clock, backend, faults, warnings, end, path, lockAs, history: () => layout.history.of('one') };
}

describe('an end', () => {
  test('looks under the lock, stops, keeps last words, removes what computes first and the lease last, and looks again', async () => {
    const { faults, end, node } = await ending({ seeded: { containers: ['build'] } });
    expect(await end()).toBe('destroyed');
    expect(faults.calls).toEqual([
      'list one',
      ...['signal one/engine', 'signal one/build'],
      ...['logs one/engine', 'logs one/build'],
      ...['inspect one/engine', 'inspect one/build'],
      'list one',
      ...['delete one/engine', 'delete one/build', 'delete one/work', 'delete one/lease-1'],
      ...['list one', 'list one'],
    ]);
    expect(thingsOf(node)).toEqual([]);
  });

  test('forgets the local files before it writes why, and never before all is gone', async () => {
    const { faults, end, layout, history } = await ending();
    const directory = layout.worker(nodeName, 'one').path;
    const held = faults.hold('delete', { of: 'one/lease-1' });
    const ended = end();
    await held.reached;
    expect([existsSync(directory), await history()]).toEqual([true, []]);
    held.release();
    await ended;
    expect(existsSync(directory)).toBe(false);
    expect(await history()).toMatchObject([{ worker: 'one', backend: nodeName, reason: 'destroyed' }]);
  });

  test('keeps how its containers did before they were told to end', async () => {
    const { node, hand, end, history } = await ending({ seeded: { containers: ['build', 'job'] } });
    node.write(node.container('one', 'engine'), 'one\ntwo\n');
    hand.exit('one', 'build', 3);
    hand.outOfMemory('one', 'job');
    await end();
    expect((await history())[0]?.containers).toEqual([
      { container: 'engine', status: 'running', exitCode: null, outOfMemory: false, memoryLimit: 512, lastLines: ['one', 'two'] },
      { container: 'build', status: 'exited', exitCode: 3, outOfMemory: false, memoryLimit: 512, lastLines: [] },
      { container: 'job', status: 'exited', exitCode: 137, outOfMemory: true, memoryLimit: 512, lastLines: [] },
    ]);
  });

  test('of a worker that is gone removes its local files and writes no history', async () => {
    const { node, faults, end, layout, history } = await ending();
    for (const { id } of [...node.list()].reverse()) node.delete(id);
    expect(await end()).toBeNull();
    expect([faults.calls, await layout.known(), await history()]).toEqual([['list one'], [], []]);
  });

  test('gives TERM 10 s, then kills', async () => {
    const clock = manualClock();
    const { hand, end, faults } = await ending({ clock });
    hand.ignoreTerm('one', 'engine');
    await end();
    expect(clock.slept).toEqual([10_000]);
    expect(faults.calls.filter((call) => call.startsWith('signal'))).toEqual(['signal one/engine', 'signal one/engine']);
  });

  test('goes on where last words cannot be had', async () => {
    const { faults, end, history } = await ending();
    faults.fail('logs');
    expect(await end()).toBe('destroyed');
    expect(await history()).toMatchObject([{ reason: 'destroyed', containers: [] }]);
  });

  test('counts where its history cannot be written, with a warning', async () => {
    const { end, layout, warnings, node } = await ending();
    await writeFile(join(layout.root, 'history'), 'in the way');
    expect(await end()).toBe('destroyed');
    expect(thingsOf(node)).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(/^one has ended, but the reason could not be recorded: /)]);
  });
});

describe('the logs of an ended worker', () => {
  test('are stored beside its history, by the time of its end', async () => {
    const { node, end, layout, history } = await ending({ seeded: { containers: ['build'] } });
    node.write(node.container('one', 'build'), 'one\ntwo\n');
    await end();
    const [entry] = await history();
    const logs = await layout.endedLogs.of('one', entry!.endedAt);
    expect(logs?.map(({ container, content }) => `${container}: ${content}`).sort()).toEqual(['build: one\ntwo\n', 'engine: ']);
  });

  test('that cannot be read or stored are a warning: the worker has ended, and its end is recorded', async () => {
    const unread = await ending();
    unread.faults.fail('inspect');
    expect([await unread.end(), thingsOf(unread.node)]).toEqual(['destroyed', []]);
    expect(unread.warnings).toEqual([expect.stringMatching(/^the log of one\/engine could not be stored: /)]);
    const unstored = await ending();
    await writeFile(join(unstored.layout.root, 'logs'), 'in the way');
    expect([await unstored.end(), thingsOf(unstored.node)]).toEqual(['destroyed', []]);
    expect(unstored.warnings).toEqual([expect.stringMatching(/^one has ended, but its logs could not be stored: /)]);
    expect(await unstored.history()).toMatchObject([{ reason: 'destroyed' }]);
  });

  test('are read once, though the removal is tried again', async () => {
    const { faults, end } = await ending();
    faults.fail('delete', { times: 1 });
    await end();
    expect(faults.calls.filter((call) => call.startsWith('inspect'))).toEqual(['inspect one/engine']);
  });
});

describe('an end that fails', () => {
  test('is tried 5 times, 250 to 2000 ms apart, and is never reported as done with objects left', async () => {
    const clock = manualClock();
    const { faults, end, node, layout, history, path } = await ending({ clock });
    faults.pretend('delete', { of: 'one/lease-1' });
    await expect(end()).rejects.toMatchObject({ code: 'destroy_failed', message: expect.stringContaining('one/lease-1') as string });
    expect(clock.slept).toEqual([250, 500, 1000, 2000]);
    expect(thingsOf(node)).toEqual(['lease-1 present']);
    expect([await layout.known(), await history(), existsSync(path)]).toEqual([[{ backend: nodeName, name: 'one' }], [], false]);
  });

  test.for(['list', 'signal', 'delete'] as const)('at one %s is tried again', async (call) => {
    const { faults, end, node } = await ending();
    // The first list is the look under the lock, which whoever asked tries again.
    faults.fail(call, { times: 1, ...(call === 'list' && { of: 'one' }) });
    const first = await end().catch(() => 'failed');
    expect(first).toBe(call === 'list' ? 'failed' : 'destroyed');
    if (first === 'failed') await end();
    expect(thingsOf(node)).toEqual([]);
  });

  test.for(['signal', 'delete'] as const)('for a lost reply to %s is tried again', async (call) => {
    const { faults, end, node, history } = await ending();
    faults.loseReply(call, { times: 1 });
    expect(await end()).toBe('destroyed');
    expect([thingsOf(node), (await history()).length]).toEqual([[], 1]);
  });

  test('because lists lag looks again until they show that all is gone', async () => {
    const clock = manualClock();
    const { faults, end, node } = await ending({ clock });
    clock.advance(5000);
    faults.stale(1500);
    expect(await end()).toBe('destroyed');
    expect(clock.slept).toEqual([250, 500, 1000]);
    expect(thingsOf(node)).toEqual([]);
  });
});

describe('the lock', () => {
  test.for([
    ['apply', 0, 0],
    ['extend', 0, 0],
    ['run', 90, 90],
    ['destroy', 0, 60],
    ['gc', 59, 60],
    ['keeper', 61, 61],
  ] as const)('held for %s is waited for, with a timeout of %d s: %d s', ([operation, timeout, seconds]) => {
    expect(patientWithEndings(timeout)({ operation })).toBe(seconds);
  });

  test.for([
    ['apply', 0],
    ['keeper', 60],
  ] as const)('held for %s is waited for %d s, and nothing is done without it', async ([operation, seconds]) => {
    const clock = manualClock();
    const { end, lockAs, faults, node } = await ending({ clock });
    await lockAs(operation);
    await expect(end()).rejects.toMatchObject({ code: 'state_locked' });
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(seconds * 1000);
    expect([faults.calls, thingsOf(node).length]).toEqual([[], 3]);
  });

  test('is waited for by no keeper, which looks again anyway', async () => {
    const clock = manualClock();
    const { end, lockAs } = await ending({ clock });
    await lockAs('destroy');
    await expect(end({ operation: 'keeper' })).rejects.toMatchObject({ code: 'state_locked' });
    expect(clock.slept).toEqual([]);
  });

  test('decides: a worker that was extended while it was held lives on', async () => {
    const clock = steppedClock();
    const { end, lockAs, node, faults, layout } = await ending({ clock, seeded: { lease: 1 } });
    const lock = await lockAs('extend');
    await clock.advance(2000);
    const ended = end({ operation: 'gc', lockTimeout: 10, reason: (objects) => dueReason(objects, clock.now()) });
    await clock.advance(1000);
    seedLease(node, 'one', 600, 2);
    await lock.release();
    await clock.advance(1000);
    expect(await ended).toBeNull();
    expect(faults.calls).toEqual(['list one']);
    expect(thingsOf(node)).toEqual(['engine running', 'lease-1 present', 'lease-2 present', 'work present']);
    expect(await layout.knows(nodeName, 'one')).toBe(true);
  });

  /** Beats are on a timer of the process, every 5 s. */
  async function heldInTheMiddle() {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    afterTest(() => vi.useRealTimers());
    const clock = manualClock();
    const scene = await ending({ clock });
    const held = scene.faults.hold('signal');
    const ended = scene.end();
    const outcome = ended.catch((error: unknown) => error);
    await held.reached;
    return { ...scene, clock, held, outcome, beat: () => vi.advanceTimersByTime(5000) };
  }

  test('lost in the middle ends the work: nothing more is removed or forgotten', async () => {
    const { path, beat, outcome, held, node, layout, history } = await heldInTheMiddle();
    await rm(path);
    beat();
    expect(await outcome).toMatchObject({ code: 'state_locked' });
    held.release();
    await untilIdle();
    expect(thingsOf(node)).toEqual(['engine exited', 'lease-1 present', 'work present']);
    expect([await layout.knows(nodeName, 'one'), await history()]).toEqual([true, []]);
  });

  test('is given up after 15 minutes, and not sooner', async () => {
    const { clock, beat, outcome, node, lockAs, path } = await heldInTheMiddle();
    clock.advance(899_999);
    beat();
    await expect(lockAs('gc')).rejects.toMatchObject({ code: 'state_locked' });
    clock.advance(1);
    beat();
    expect(await outcome).toMatchObject({ code: 'state_locked' });
    expect([thingsOf(node).length, existsSync(path)]).toEqual([3, false]);
  });

  /** A file is where the locks' directory has to be. */
  async function withoutLock(seeded: Seed) {
    const scene = await ending({ seeded });
    await writeFile(join(scene.layout.root, 'locks'), '');
    return { ...scene, seen: await scene.backend.list('one') };
  }

  test('that cannot be had keeps no expired worker alive: what was seen goes, what was made since stays', async () => {
    const { end, seen, node, clock, warnings } = await withoutLock({ lease: -1 });
    seed(node, { worker: 'two' });
    const made = node.create('memory_volume', 'one/more', node.container('one', 'engine').labels);
    made.labels = { ...made.labels, 'dev.mayfly.address': 'memory_volume.more' };
    expect(await end({ seen, reason: (objects) => dueReason(objects, clock.now()) })).toBe('expired');
    expect(thingsOf(node)).toEqual(['more present']);
    expect(thingsOf(node, 'two')).toHaveLength(3);
    expect(warnings[0]).toMatch(/^one is ended without its lock: /);
  });

  test('that cannot be had protects a worker that has not expired and was not named', async () => {
    const { end, seen, node, hand, clock, faults } = await withoutLock({ lease: 60 });
    hand.exit('one', 'engine', 0);
    const due = { seen, operation: 'gc', reason: (objects: readonly OwnedObject[]) => dueReason(objects, clock.now()) };
    await expect(end(due)).rejects.toMatchObject({ code: 'state_unreadable' });
    expect(thingsOf(node)).toHaveLength(3);
    expect(faults.calls.some((call) => /^(signal|delete)/.test(call))).toBe(false);
    expect(await end({ seen })).toBe('destroyed');
  });
});
