import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { wallTime } from '../../src/backends/aws/names.js';
import { callsTo } from './lookalikes.js';
import { leaseTerms, make, openCall, specOf } from './make.js';
import { removeWhole, stopWhole } from '../support/whole.js';

describe.skipIf(!motoAvailable())('a whole worker on the emulator', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(() => moto.reset());
  afterAll(() => moto?.close());

  test('made, planned again with no changes, extended, ended: nothing is left', async () => {
    const call = await openCall(moto.env);
    const { plan, backend } = await make(call, specOf('one'));
    const addresses = plan.changes.map(({ address }) => address).sort();
    expect(plan.changes.filter(({ action }) => action !== 'create')).toEqual([]);
    const made = await backend.list('one');
    expect(made.map(({ address }) => address).sort()).toEqual(addresses);
    expect(changesOf(await make(call, specOf('one'), 'plan'))).toEqual([]);
    expect(await backend.readiness('one', specOf('one'))).toEqual({ ready: true, waiting: [], failed: null });
    expect(await backend.address!('one')).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    await backend.writeLease('one', leaseTerms(specOf('one')), 2_000_000_000);
    expect((await backend.list('one')).find(({ lease }) => lease)?.lease).toMatchObject({
      ends: 2_000_000_000,
      maxDuration: specOf('one').max_duration,
    });
    expect(await backend.list()).toEqual(await backend.list('one'));
    const { plan: after } = await make(call, specOf('one'), 'plan');
    expect([changesOf({ plan: after, backend }), after.drift]).toEqual([[], []]);
    await stopWhole(backend, 'one');
    expect((await backend.list('one')).find(({ address }) => address === 'aws_ecs_service.engine')?.status).toBe('exited');
    await removeWhole(backend, 'one');
    expect(await backend.list()).toEqual([]);
    expect(await backend.tidy({ dryRun: false })).toEqual(['mayfly']);
  });

  test('ended by two machines, and begun anew between them: the second leaves the new life alone', async () => {
    const call = await openCall(moto.env);
    const { backend } = await make(call, specOf('one'));
    const known = await backend.list('one');
    await removeWhole(backend, 'one');
    await make(call, specOf('one'));
    // It has seen the service go, and goes on with what has the same names.
    await removeWhole(
      backend,
      'one',
      known.filter(({ type }) => type !== 'aws_ecs_service'),
    );
    expect((await backend.list('one')).length).toBe(known.length);
    await removeWhole(backend, 'one');
    expect(await backend.list()).toEqual([]);
  });

  test('a worker stays in its cluster when the settings name another: found, unchanged, ended', async () => {
    await callsTo(moto.env).ecs.createCluster({ clusterName: 'theirs' });
    await make(await openCall({ ...moto.env, MAYFLY_AWS_CLUSTER: 'theirs' }), specOf('one'));
    const call = await openCall(moto.env);
    const { plan, backend } = await make(call, specOf('one'), 'plan');
    expect(changesOf({ plan, backend })).toEqual([]);
    expect((await backend.readiness('one', specOf('one'))).ready).toBe(true);
    await removeWhole(backend, 'one');
    expect(await backend.list()).toEqual([]);
  });

  test('with both of its schedules gone no lease is promised; an apply makes them again, with the lease that it has', async () => {
    const call = await openCall(moto.env);
    const { backend } = await make(call, specOf('one'));
    const lease = Math.ceil(Date.now() / 1000) + 7200;
    await backend.writeLease('one', leaseTerms(specOf('one')), lease);
    const aws = callsTo(moto.env);
    const remove = (Name: string) => aws.scheduler.deleteSchedule({ GroupName: 'mayfly-one', Name });
    await Promise.all([remove('end'), remove('end-again')]);
    await expect(backend.writeLease('one', leaseTerms(specOf('one')), lease + 60)).rejects.toMatchObject({ code: 'lease_refused' });
    expect(changesOf(await make(call, specOf('one'))).map(({ address }) => address)).toEqual([
      'aws_scheduler_schedule.end',
      'aws_scheduler_schedule.end_again',
    ]);
    const { ScheduleExpression } = await aws.scheduler.getSchedule({ GroupName: 'mayfly-one', Name: 'end' });
    expect(ScheduleExpression).toBe(`at(${wallTime(lease * 1000)})`);
  });

  test('a machine that knows nothing adopts it: no changes', async () => {
    await make(await openCall(moto.env), specOf('one'));
    expect(changesOf(await make(await openCall(moto.env), specOf('one'), 'plan'))).toEqual([]);
  });
});

function changesOf({ plan }: Awaited<ReturnType<typeof make>>) {
  return plan.changes.filter(({ action }) => action !== 'none').map(({ address, action, attributes }) => ({ address, action, attributes }));
}
