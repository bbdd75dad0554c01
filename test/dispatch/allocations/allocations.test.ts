import { expect, test } from 'vitest';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { request } from '../http/scene.js';
import { allocationScene, whole } from './scene.js';

test('a waiting allocation makes the fleet grow, gets at most what it asks for, and its tasks use that part alone', async () => {
  const { allocate, allocation, untilAllocation, addTask, untilTask, task, ask, clock, story } = await allocationScene();
  const first = await allocate({ max: { cpu: 700, memory: 600 } });
  expect([first.state, (await allocation(first.id)).waits_because]).toEqual([
    'waiting',
    'no ready worker has 500 millicores and 512 MB free in engine for 120 s; 1 worker is starting',
  ]);
  const { granted, worker } = await untilAllocation(first.id, 'granted');
  expect(granted).toEqual({ cpu: 700, memory: 600 });

  const own = [
    await addTask({ allocation: first.id, cpu: 400, memory: 300 }),
    await addTask({ allocation: first.id, cpu: 400, memory: 300 }),
  ];
  const other = [await addTask({ fleet: 'crew', cpu: 200, memory: 100 }), await addTask({ fleet: 'crew', cpu: 200, memory: 100 })];
  expect(await untilTask(own[0]!.id, 'running')).toMatchObject({ worker, allocation: first.id });
  expect((await untilTask(other[0]!.id, 'running')).worker).toBe(worker);
  await clock.advance(20_000);
  // Neither takes from the other's part.
  expect([(await task(own[1]!.id)).state, (await task(other[1]!.id)).state]).toEqual(['pending', 'pending']);
  expect(await story(first.id)).toEqual(['allocation_waiting', 'allocation_granted']);
  const { tasks } = (await ask(`/v1/tasks?allocation=${first.id}`)).body as { tasks: { id: string }[] };
  expect(tasks.map(({ id }) => id)).toEqual([own[1]!.id, own[0]!.id]);
  expect((await ask('/metrics')).text).toContain('mayfly_allocations{state="granted"} 1\n');
  const { events } = (await ask('/v1/fleets/crew/events')).body as { events: { type: string; data: Record<string, unknown> }[] };
  expect(events.find(({ type }) => type === 'grown')).toMatchObject({ data: { why: 'demand', by: `allocation ${first.id}`, tasks: 1 } });
});

test('a second allocation gets the rest at once, and the third waits until one is freed', async () => {
  const { allocate, untilAllocation, allocation, ask, clock } = await allocationScene({ min: 1 });
  await clock.advance(10_000);
  const first = await allocate();
  expect(first).toMatchObject({ state: 'granted', granted: { cpu: 500, memory: 512 }, waits_because: null });
  const second = await allocate({ max: { cpu: 2000, memory: 2048 } });
  expect(second).toMatchObject({ state: 'granted', granted: { cpu: 500, memory: 512 }, worker: first.worker });
  const third = await allocate();
  expect([third.state, (await allocation(third.id)).waits_because]).toEqual(['waiting', 'the fleet may have 1 worker']);
  expect((await ask(`/v1/allocations/${first.id}`, { method: 'DELETE' })).status).toBe(202);
  expect(await untilAllocation(third.id, 'granted')).toMatchObject({ worker: first.worker });
  expect(await allocation(first.id)).toMatchObject({ state: 'ended', reason: 'freed' });
});

test.each([
  ['its time is up', 'expired', 121_000, 0],
  ['nobody renews it', 'not_renewed', 31_000, 30],
])('when %s, its task runs on, none begins, and the resources return when it ends', async (_, reason, after, interval) => {
  const { allocate, addTask, untilTask, task, untilAllocation, allocation, finish, ask, clock, story } = await allocationScene({ min: 1 });
  await clock.advance(10_000);
  const { id, worker } = await allocate({ min: { cpu: 500, memory: 1024 }, ...(interval > 0 && { interval }) });
  const runs = await untilTask((await addTask({ allocation: id, cpu: 500, timeout: 250 })).id, 'running');
  const waits = await addTask({ allocation: id });
  const other = await addTask({ fleet: 'crew', cpu: 100, memory: 100, timeout: 30 });
  await clock.advance(after);
  expect(await allocation(id)).toMatchObject({ state: 'closing', reason });
  expect(await task(waits.id)).toMatchObject({ state: 'stopped', reason: 'allocation_ended' });
  expect([(await task(runs.id)).state, (await task(other.id)).state]).toEqual(['running', 'pending']);
  const refused = await ask('/v1/tasks', { body: { allocation: id, command: ['serve'], timeout: 10 } });
  expect([refused.status, refused.text]).toEqual([409, expect.stringContaining(`the allocation is closing: ${reason}`)]);
  const late = await ask(`/v1/allocations/${id}/renewals`, { body: {} });
  expect([late.status, late.text]).toEqual([409, expect.stringContaining(`the allocation is closing: ${reason}`)]);
  finish(runs);
  await untilAllocation(id, 'ended');
  expect(await untilTask(runs.id, 'completed')).toMatchObject({ exit_code: 0 });
  expect((await untilTask(other.id, 'running')).worker).toBe(worker);
  expect(await story(id)).toEqual([
    'allocation_waiting',
    'allocation_granted',
    `allocation_closing: ${reason}`,
    `allocation_ended: ${reason}`,
  ]);
});

test('the service grants the interval, and renewals in it keep the allocation alive', async () => {
  const { allocate, allocation, ask, clock } = await allocationScene({ min: 1 });
  await clock.advance(10_000);
  const { id, interval } = await allocate({ interval: undefined });
  expect(interval).toBe(60);
  const renew = async (wish?: number) => (await ask(`/v1/allocations/${id}/renewals`, { body: { interval: wish } })).body;
  await clock.advance(50_000);
  expect(await renew(1)).toMatchObject({ interval: 10 });
  await clock.advance(9_000);
  expect(await renew()).toMatchObject({ interval: 10 });
  await clock.advance(9_000);
  expect(await renew(3600)).toMatchObject({ interval: 300 });
  await clock.advance(40_000);
  expect((await allocation(id)).state).toBe('granted');
});

test('a dead worker ends its allocation: tasks in it fail, since no other worker has their resources', async () => {
  const { allocate, addTask, untilTask, untilAllocation, hand, clock } = await allocationScene({ min: 1 });
  await clock.advance(10_000);
  const { id, worker } = await allocate();
  const one = await addTask({ allocation: id });
  await untilTask(one.id, 'running');
  hand.exit(worker!, 'engine', 137);
  expect(await untilTask(one.id, 'failed')).toMatchObject({ reason: 'allocation_ended', attempt: 1 });
  expect(await untilAllocation(id, 'ended')).toMatchObject({ reason: 'worker_lost' });
});

test('a waiting allocation is not overtaken by tasks, and ends when nobody renews it', async () => {
  const { allocate, addTask, untilTask, untilAllocation, task, finish, clock } = await allocationScene({ min: 1 });
  await clock.advance(10_000);
  const half = { fleet: 'crew', cpu: 500, memory: 512 };
  const before = await untilTask((await addTask(half)).id, 'running');
  const { id } = await allocate({ min: whole, interval: 30 });
  const after = await addTask(half);
  await clock.advance(10_000);
  expect((await task(after.id)).state).toBe('pending');
  expect(await untilAllocation(id, 'ended')).toMatchObject({ reason: 'not_renewed', granted: null });
  await untilTask(after.id, 'running');
  const next = await allocate({ min: whole });
  for (const one of [before, await task(after.id)]) finish(one);
  await untilAllocation(next.id, 'granted');
});

test('an allocation keeps its worker alive beyond the idle time, and the worker is gone after it', async () => {
  const { allocate, untilAllocation, ask, clock } = await allocationScene({ idle: 10 });
  const { id } = await allocate({ ttl: 60 });
  await untilAllocation(id, 'granted');
  const count = async () => ((await ask('/v1/fleets/crew')).body as { workers: unknown[] }).workers.length;
  await clock.advance(50_000);
  expect(await count()).toBe(1);
  await untilAllocation(id, 'ended');
  await clock.advance(15_000);
  expect(await count()).toBe(0);
});

test('a removed fleet ends its allocations and stops their tasks', async () => {
  const { allocate, addTask, untilTask, untilAllocation, ask } = await allocationScene();
  const [first, second] = [await allocate({ min: whole }), await allocate({ min: whole })];
  await untilAllocation(first.id, 'granted');
  const runs = await untilTask((await addTask({ allocation: first.id })).id, 'running');
  await ask('/v1/fleets/crew', { method: 'DELETE' });
  expect(await untilAllocation(second.id, 'ended')).toMatchObject({ reason: 'fleet_removed' });
  expect(await untilTask(runs.id, 'stopped')).toMatchObject({ reason: 'allocation_ended' });
  expect(await untilAllocation(first.id, 'ended')).toMatchObject({ reason: 'fleet_removed' });
});

test('a repeated request returns the first allocation after the removal of its fleet', async () => {
  const { add, ask, untilAllocation } = await allocationScene();
  const options = { headers: { 'idempotency-key': 'a' } };
  const { id } = (await add({}, options)).body as { id: string };
  await ask('/v1/fleets/crew', { method: 'DELETE' });
  await untilAllocation(id, 'ended');
  expect(await add({}, { headers: { 'idempotency-key': 'b' } })).toMatchObject({ status: 404 });
  expect(await add({}, options)).toMatchObject({ status: 200, body: { id, state: 'ended' } });
  expect(await add({ ttl: 60 }, options)).toMatchObject({ status: 422, body: { error: { code: 'key_reused' } } });
});

test('a repeated request returns the first allocation, and other organisations see none', async () => {
  const { add, ask, tokenOf } = await allocationScene();
  const options = { headers: { 'idempotency-key': 'a' } };
  const { id } = (await add({}, options)).body as { id: string };
  expect(await add({}, options)).toMatchObject({ status: 200, body: { id } });
  expect(await add({ ttl: 60 }, options)).toMatchObject({ status: 422, body: { error: { code: 'key_reused' } } });
  expect((await ask('/v1/allocations')).body).toMatchObject({ allocations: [{ id }] });
  const token = await tokenOf('other', 'admin');
  expect((await ask('/v1/allocations', { token })).body).toEqual({ allocations: [] });
  for (const [path, method] of [
    ['', 'GET'],
    ['', 'DELETE'],
    ['/events', 'GET'],
    ['/renewals', 'POST'],
  ] as const) {
    const body = method === 'POST' ? {} : undefined;
    const answer = await ask(`/v1/allocations/${id}${path}`, { token, method, body });
    expect(answer, path).toMatchObject({ status: 404, body: { error: { code: 'allocation_unknown' } } });
  }
  const task = { allocation: id, command: ['serve'], timeout: 60 };
  expect(await ask('/v1/tasks', { token, body: task })).toMatchObject({ status: 404, body: { error: { code: 'allocation_unknown' } } });
  const reader = await tokenOf('team', 'read');
  expect((await ask(`/v1/allocations/${id}`, { token: reader })).status).toBe(200);
  expect((await ask(`/v1/allocations/${id}`, { token: reader, method: 'DELETE' })).status).toBe(403);
  expect((await ask(`/v1/allocations/${id}/renewals`, { token: reader, body: {} })).status).toBe(403);
});

test.each<[string, Record<string, unknown>, number, string]>([
  ['more than a worker has', { min: { cpu: 1001, memory: 1 } }, 409, 'min.cpu: the least is 1001, and engine of a worker has 1000'],
  ['a least above the most', { max: { cpu: 500, memory: 1 } }, 422, 'min.memory: must be at most max.memory: min is 512, and max is 1'],
  ['a container that no worker has', { container: 'db' }, 409, 'container: db is none of engine'],
  [
    'a time that is longer than a worker takes tasks',
    { ttl: 281 },
    409,
    'ttl: a worker of the fleet takes tasks for 4 min 40 s, and the allocation is for 4 min 41 s',
  ],
  ['a fleet that nobody has', { fleet: 'gang' }, 404, 'gang: the organisation has no fleet with this name'],
  ['no resources', { min: { cpu: 0, memory: 1 } }, 400, 'min.cpu'],
])('an allocation of %s is refused at once with the place', async (_, body, status, text) => {
  const { add } = await allocationScene();
  const answer = await add(body);
  const problem = (answer.body as { error: { problems: { place?: string; cause: string }[] } }).error.problems[0]!;
  expect([answer.status, `${problem.place}: ${problem.cause}`]).toEqual([status, expect.stringContaining(text)]);
});

test('a task that an allocation never has room or time for is refused at once', async () => {
  const { allocate, untilAllocation, ask, clock } = await allocationScene();
  const { id } = await allocate();
  const body = { allocation: id, command: ['serve'], timeout: 60, cpu: 501, container: 'engine' };
  const large = await ask('/v1/tasks', { body });
  expect([large.status, large.text]).toEqual([409, expect.stringContaining('the task asks for 501, and the container has 500')]);
  await untilAllocation(id, 'granted');
  await clock.advance(50_000);
  const long = await ask('/v1/tasks', { body: { ...body, cpu: 500, timeout: 250 } });
  expect([long.status, long.text]).toEqual([409, expect.stringContaining('and the task may take 4 min 10 s')]);
  const both = await ask('/v1/tasks', { body: { ...body, fleet: 'crew' } });
  expect([both.status, both.text]).toEqual([400, expect.stringContaining('a task has either a run, a fleet or an allocation')]);
});

test('the time of a task ends before its worker does by the clock of its node, also for a redriven one', async () => {
  const { allocate, untilAllocation, ask, clock, hand, addTask, untilTask, task } = await allocationScene();
  const { id, worker } = await allocate();
  await untilAllocation(id, 'granted');
  const dead = await untilTask((await addTask({ allocation: id, timeout: 250, attempts: 1 })).id, 'running');
  hand.endCommand(worker ?? dead.worker!, 'engine', commandIdOf({ id: dead.id, attempt: 1 }), { state: 'lost' });
  await untilTask(dead.id, 'failed');
  await clock.advance(70_000);
  const redriven = await ask(`/v1/tasks/${dead.id}/redrive`, { method: 'POST' });
  expect([redriven.status, redriven.text]).toEqual([409, expect.stringContaining('and the task may take 4 min 10 s')]);
  expect((await task(dead.id)).redriven).toBe(null);
  const after = (timeout: number) => ask('/v1/tasks', { body: { allocation: id, command: ['serve'], timeout } });
  expect((await after(190)).status).toBe(201);
  // The node reports that its clock is ahead.
  hand.setClock(20_000);
  await clock.advance(15_000);
  expect((await after(190)).status).toBe(409);
});

test('labels of an allocation are shown with the worker that has it, and in its history', async () => {
  const { allocate, untilAllocation, ask } = await allocationScene();
  const { id } = await allocate({ labels: { team: 'a' } });
  await untilAllocation(id, 'granted');
  const held = [{ allocation: id, container: 'engine', cpu: 500, memory: 512, labels: { team: 'a' } }];
  const fleet = (await ask('/v1/fleets/crew')).body as { workers: { run: string; allocations: unknown }[] };
  expect(fleet.workers.map(({ allocations }) => allocations)).toEqual([held]);
  const { run } = fleet.workers[0]!;
  expect((await ask(`/v1/runs/${run}`)).body).toMatchObject({ allocations: held });
  const { events } = (await ask(`/v1/runs/${run}/events`)).body as { events: { type: string; data: unknown }[] };
  expect(events.find(({ type }) => type === 'allocation_granted')).toMatchObject({ data: { allocation: id, labels: { team: 'a' } } });
  await ask(`/v1/allocations/${id}`, { method: 'DELETE' });
  expect((await ask(`/v1/runs/${run}`)).body).toMatchObject({ allocations: [] });
});

test('a task that waits for its allocation makes no worker', async () => {
  const { allocate, untilAllocation, addTask, untilTask, ask, clock } = await allocationScene({ max: 2 });
  const { id } = await allocate();
  await untilAllocation(id, 'granted');
  const [first] = [await addTask({ allocation: id }), await addTask({ allocation: id })];
  await untilTask(first.id, 'running');
  await clock.advance(20_000);
  expect(((await ask('/v1/fleets/crew')).body as { workers: unknown[] }).workers).toHaveLength(1);
});

test('a limit that forbids a worker keeps the allocation waiting, with the reason', async () => {
  const { allocate, allocation, ask, clock } = await allocationScene({ max: 1, spec: { ...request, ...whole, memory: 8000 } });
  const first = await allocate({ min: { cpu: 1000, memory: 8000 } });
  await clock.advance(20_000);
  const second = await allocate();
  await clock.advance(20_000);
  expect([(await allocation(first.id)).state, await allocation(second.id)]).toMatchObject([
    'granted',
    { state: 'waiting', waits_because: 'the fleet may have 1 worker' },
  ]);
  expect(((await ask('/v1/fleets/crew')).body as { workers: unknown[] }).workers).toHaveLength(1);
});
