import { describe, expect, test } from 'vitest';
import { embeddedApplier } from '../../../src/apply/embedded/index.js';
import { Journal, journalName } from '../../../src/apply/journal.js';
import { MayflyError } from '../../../src/errors.js';
import type { Plan } from '../../../src/plan/plan.js';
import { labelKeys } from '../../../src/labels.js';
import { build, engine, openWorker, stackOf, work } from './worker.js';

describe('an apply', () => {
  test('makes what is missing, each after what it needs, and leaves nothing to do', async () => {
    const { apply, changes, faults, directory, onDisk, journal } = await openWorker();
    expect(await changes()).toEqual([`create ${work}`, `create ${engine}`, `create ${build}`]);
    faults.calls.length = 0;
    await apply(stackOf(), { parallelism: 1 });
    expect(faults.calls.filter((call) => /^(create|start)/.test(call))).toEqual([
      'create w/work',
      'create w/engine',
      'start memory_container-2',
      'create w/build',
      'start memory_container-3',
    ]);
    expect([await changes(), await onDisk(), await journal()]).toEqual([[], [build, engine, work], null]);
    const { records, outputs, lineage } = await directory.readState();
    expect(lineage).toBe('id-1');
    expect(outputs).toEqual({
      key: { value: 'hush', type: 'string', sensitive: true },
      id: { value: 'memory_container-2', type: 'string', sensitive: false },
    });
    expect(records.get(engine)).toMatchObject({ sensitive: ['env'], dependencies: [work] });
    expect(records.get(build)).toMatchObject({ sensitive: [], dependencies: [engine, work] });
  });

  test('without changes writes no new state', async () => {
    const { apply, directory } = await openWorker();
    const { serial } = await apply();
    await apply();
    expect((await directory.readState()).serial).toBe(serial);
  });

  test('writes an intent before each call and the state after it', async () => {
    const { apply, faults, onDisk, journal } = await openWorker();
    const held = faults.hold('create', { of: 'w/engine' });
    const applied = apply();
    await held.reached;
    await expect.poll(onDisk).toEqual([work]);
    expect(await journal()).toEqual([`intent create ${work}`, `done create ${work}`, `intent create ${engine}`]);
    held.release();
    await applied;
  });

  test('begins what joins a resource while that one still starts, and starts it after', async () => {
    const { apply, faults, node } = await openWorker();
    const held = faults.hold('start', { of: 'memory_container-2' });
    const applied = apply();
    await held.reached;
    await expect.poll(() => node.find('w/build')?.run?.status).toBe('created');
    expect(faults.calls).not.toContain('start memory_container-3');
    held.release();
    await applied;
    expect(node.find('w/build')?.run?.status).toBe('running');
  });

  test('does no more at once than is allowed', async () => {
    const { apply, faults } = await openWorker();
    const held = faults.hold('start', { of: 'memory_container-2' });
    const applied = apply(stackOf(), { parallelism: 1 });
    await held.reached;
    expect(faults.calls).not.toContain('create w/build');
    held.release();
    await applied;
  });

  test('measures a resource from its making to the end of its start', async () => {
    const { apply, faults, events } = await openWorker();
    faults.slow('create', 2000, { of: 'w/engine' });
    faults.slow('start', 3000, { of: 'memory_container-2' });
    await apply();
    expect(events.filter((event) => 'address' in event && event.address === engine)).toEqual([
      { type: 'resource_started', address: engine, operation: 'create' },
      { type: 'resource_done', address: engine, operation: 'create', id: 'memory_container-2', elapsedMs: 5000 },
    ]);
  });

  test('changes in place what can be, and leaves to others what the stack leaves to them', async () => {
    const { apply, changes, node, directory, events } = await openWorker();
    await apply();
    const { id } = node.find('w/engine')!;
    node.find('w/engine')!.labels[labelKeys.storage] = '5';
    const edited = stackOf({ engine: { memory: 128 } });
    expect(await changes(edited)).toEqual([`update ${engine} memory`]);
    events.length = 0;
    await apply(edited);
    expect(node.find('w/engine')).toMatchObject({ id, configuration: { memory: 128 }, labels: { [labelKeys.storage]: '5' } });
    expect((await directory.readState()).records.get(engine)?.attributes['memory']).toBe(128);
    expect(events).toMatchObject([
      { type: 'resource_started', operation: 'update' },
      { type: 'resource_done', operation: 'update', id },
    ]);
  });

  test('replaces what cannot be changed, with all that joins it: what is used goes last and comes first', async () => {
    const { apply, changes, faults, node, events } = await openWorker();
    await apply();
    const edited = stackOf({ engine: { image: 'other' } });
    expect(await changes(edited)).toEqual([`replace ${engine} image`, `replace ${build} joins`]);
    faults.calls.length = 0;
    events.length = 0;
    await apply(edited, { parallelism: 1 });
    expect(faults.calls.filter((call) => /^(create|start|delete)/.test(call))).toEqual([
      'delete memory_container-3',
      'delete memory_container-2',
      'create w/engine',
      'start memory_container-4',
      'create w/build',
      'start memory_container-5',
    ]);
    expect(node.find('w/build')?.configuration['joins']).toBe('memory_container-4');
    expect(events.flatMap((event) => (event.type === 'resource_done' ? [`${event.operation} ${event.address}`] : []))).toEqual([
      `delete ${build}`,
      `delete ${engine}`,
      `create ${engine}`,
      `create ${build}`,
    ]);
    expect(await changes(edited)).toEqual([]);
  });

  test('removes what the stack no longer has', async () => {
    const { apply, changes, node, onDisk } = await openWorker();
    await apply();
    const smaller = stackOf({ build: null });
    expect(await changes(smaller)).toEqual([`delete ${build}`]);
    await apply(smaller);
    expect([node.find('w/build'), await onDisk()]).toEqual([null, [engine, work]]);
  });
});

describe('an apply that fails', () => {
  test('in one call: its own code and place, and nothing that needs it is tried', async () => {
    const { apply, hand, onDisk, journal, events } = await openWorker();
    hand.limit('memory_container', 0);
    const error = await apply().catch((thrown: unknown) => thrown as MayflyError);
    expect(error).toMatchObject({
      code: 'backend_refused',
      place: { path: engine },
      message: "You've reached the limit on the number of memory_container that run at the same time",
      remedy: 'end workers that are not needed, or raise the limit',
    });
    expect([await onDisk(), await journal()]).toEqual([[work], null]);
    expect(events.slice(2)).toMatchObject([
      { type: 'resource_started', address: engine },
      { type: 'resource_failed', address: engine, operation: 'create' },
      { type: 'resource_skipped', address: build, because: engine },
    ]);
  });

  test('in several calls: all of them, what others need first', async () => {
    const { apply, faults } = await openWorker();
    faults.fail('start', { of: 'memory_container-2', error: new Error('first') });
    const held = faults.hold('start', { of: 'memory_container-2' });
    faults.fail('create', { of: 'w/build', error: new Error('second') });
    const applied = apply().catch((thrown: unknown) => thrown as MayflyError);
    await expect.poll(() => faults.calls).toContain('create w/build');
    held.release();
    expect(await applied).toMatchObject({
      code: 'apply_failed',
      message: 'first',
      problems: [
        { place: { path: engine }, cause: 'first', remedy: 'make the node answer, then run the same command again' },
        { place: { path: build }, cause: 'second' },
      ],
    });
  });

  test('to start what it made: that is unfinished, and made again by the next', async () => {
    const { apply, changes, faults, onDisk, directory, node } = await openWorker();
    faults.fail('start', { of: 'memory_container-2', times: 1 });
    await expect(apply()).rejects.toMatchObject({ code: 'backend_unreachable', place: { path: engine } });
    expect(await onDisk()).toEqual([build, `${engine} tainted`, work]);
    expect((await directory.readState()).outputs).toEqual({});
    expect(await changes()).toEqual([`replace ${engine} running`, `replace ${build} joins running`]);
    await apply();
    expect([await changes(), await onDisk(), node.find('w/engine')?.run?.status]).toEqual([[], [build, engine, work], 'running']);
  });

  test('to remove something: it stays in the state', async () => {
    const { apply, faults, onDisk } = await openWorker();
    await apply();
    faults.fail('delete');
    await expect(apply(stackOf({ build: null }))).rejects.toMatchObject({ code: 'backend_unreachable', place: { path: build } });
    expect(await onDisk()).toEqual([build, engine, work]);
  });
});

describe('an apply that is interrupted', () => {
  test('finishes and saves what is in flight, and begins nothing new', async () => {
    const { apply, faults, onDisk, journal, directory } = await openWorker();
    const stop = new AbortController();
    const held = faults.hold('create', { of: 'w/work' });
    const applied = apply(stackOf(), { stop: stop.signal });
    await held.reached;
    stop.abort();
    held.release();
    await expect(applied).rejects.toMatchObject({
      code: 'interrupted',
      place: { path: 'w' },
      remedy: expect.stringContaining('`mayfly destroy w`'),
    });
    expect([await onDisk(), await journal(), (await directory.readState()).outputs]).toEqual([[work], null, {}]);
  });

  test('a second time: calls are dropped, and the journal has the one whose outcome nobody knows', async () => {
    const { apply, faults, journal, directory, clock } = await openWorker();
    const [stop, abort] = [new AbortController(), new AbortController()];
    const held = faults.hold('create', { of: 'w/engine' });
    const applied = apply(stackOf(), { stop: stop.signal, abort: abort.signal });
    await held.reached;
    stop.abort();
    abort.abort(new MayflyError('interrupted', { cause: 'dropped' }));
    await expect(applied).rejects.toMatchObject({ code: 'interrupted' });
    expect(await journal()).toEqual([`intent create ${work}`, `done create ${work}`, `intent create ${engine}`]);
    expect(await new Journal(directory.file(journalName), clock).interrupted()).toEqual([`create ${engine}`]);
  });

  test('because the lock is lost: before its next call', async () => {
    const { apply, node } = await openWorker();
    const lost = new MayflyError('state_locked', { cause: 'lost' });
    let calls = 0;
    const assertHeld = () => {
      if ((calls += 1) > 1) throw lost;
    };
    await expect(apply(stackOf(), { assertHeld })).rejects.toMatchObject({ code: 'state_locked' });
    expect(node.of('w').map(({ name }) => name)).toEqual(['w/work']);
  });
});

describe('a plan compares with what is there', () => {
  test('an object that is gone is made again, one that was changed is put right', async () => {
    const { apply, changes, drift, hand, node } = await openWorker();
    await apply();
    hand.remove('w', 'build');
    node.find('w/engine')!.configuration['memory'] = 32;
    expect(await drift()).toEqual([`gone ${build}`, `changed ${engine} memory`]);
    expect(await changes()).toEqual([`update ${engine} memory`, `create ${build}`]);
  });

  test('labels that the stack leaves to others are no drift', async () => {
    const { apply, drift, node } = await openWorker();
    await apply();
    node.find('w/engine')!.labels[labelKeys.storage] = '5';
    expect(await drift()).toEqual([]);
  });

  test('without a state, all is adopted as it is', async () => {
    const { apply, changes, drift, directory, plan, onDisk } = await openWorker();
    await apply();
    await directory.remove();
    expect([await drift(), await changes(), (await plan()).outputs]).toEqual([
      [`adopted ${build}`, `adopted ${engine}`, `adopted ${work}`],
      [],
      [],
    ]);
    await apply();
    expect(await onDisk()).toEqual([build, engine, work]);
  });

  test('what neither the stack nor a state has goes before what it may use', async () => {
    const { apply, faults, directory, node } = await openWorker();
    await apply();
    await directory.remove();
    const empty = stackOf();
    delete empty.resource;
    empty.output = {};
    faults.calls.length = 0;
    await apply(empty);
    expect(faults.calls.filter((call) => call.startsWith('delete')).at(-1)).toBe('delete memory_volume-1');
    expect(node.of('w')).toEqual([]);
  });

  test('a state of an earlier life counts for nothing', async () => {
    const { apply, plan, hand } = await openWorker();
    await apply();
    for (const name of ['build', 'engine', 'work']) hand.remove('w', name);
    expect((await plan()).drift.map(({ kind }) => kind)).toEqual(['gone', 'gone', 'gone']);
    expect(await plan(stackOf(), { ignoreState: true })).toMatchObject({ drift: [], outputs: [], state: { lineage: null } });
  });

  test('an output that will differ is named, in a state that remembers it', async () => {
    const { apply, plan } = await openWorker();
    await apply();
    expect((await plan()).outputs).toEqual([]);
    expect((await plan(stackOf(), { variables: { key: 'other' } })).outputs).toEqual(['id', 'key']);
    expect((await plan(stackOf({ engine: { memory: 128 } }))).outputs).toEqual([]);
    const renamed = stackOf();
    renamed.output = { key: renamed.output!['key']! };
    expect((await plan(renamed)).outputs).toEqual(['id']);
  });

  test('an object made by somebody else meanwhile is taken, and reported as found', async () => {
    const { plan, contextOf, backend, node } = await openWorker();
    const stack = stackOf({ build: null });
    const { changes, state } = await plan(stack);
    const labels = { [labelKeys.worker]: 'w', [labelKeys.lifetime]: '600', [labelKeys.address]: work };
    const { id } = node.create('memory_volume', 'w/work', labels, { worker: 'w', name: 'work' });
    const made: string[] = [];
    const told = { trying: (address: string) => made.push(`trying ${address}`), wasThere: (found: string) => made.push(`found ${found}`) };
    const applied = await embeddedApplier.apply({ worker: 'w', stack, changes } as unknown as Plan, contextOf(state, { made: told }));
    expect(made).toEqual([`trying ${work}`, `found ${id}`, `trying ${engine}`]);
    expect(applied.records.get(work)?.attributes['id']).toBe(id);
    expect((await backend.list('w')).length).toBe(2);
  });

  test('an object under one of its names that is not its own is an error', async () => {
    const { apply, hand, node } = await openWorker();
    hand.plant('memory_volume', 'w', 'work');
    await expect(apply()).rejects.toMatchObject({ code: 'foreign_object', place: { path: work } });
    expect(node.list().map(({ name }) => name)).toEqual(['w/work']);
  });
});

test('settling writes outputs with variables that are known only now, and changes nothing else', async () => {
  const { apply, contextOf, directory, faults } = await openWorker();
  const state = await apply();
  const before = await directory.readState();
  faults.calls.length = 0;
  const plan = { worker: 'w', stack: stackOf(), changes: [] } as unknown as Plan;
  const settled = await embeddedApplier.settle(plan, contextOf(state, { variables: { key: 'later' } }));
  const after = await directory.readState();
  expect(after.outputs['key']).toEqual({ value: 'later', type: 'string', sensitive: true });
  expect([after.serial, after.lineage, after.records]).toEqual([before.serial + 1, before.lineage, before.records]);
  expect([settled.serial, faults.calls]).toEqual([after.serial, []]);
});
