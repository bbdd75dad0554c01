import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { currentLease } from '../../src/lease/deadline.js';
import { type Moto, motoAvailable, startMoto } from '../support/moto/index.js';
import { leaseLabels, make, openHouse, specOf } from './make.js';

describe.skipIf(!motoAvailable())('a whole worker on the emulator', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  beforeEach(() => moto.reset());
  afterAll(() => moto?.close());

  test('made, planned again with no changes, extended, ended: nothing is left', async () => {
    const house = await openHouse(moto.env);
    const { plan, backend } = await make(house, specOf('one'));
    const addresses = plan.changes.map(({ address }) => address).sort();
    expect(plan.changes.filter(({ action }) => action !== 'create')).toEqual([]);
    const made = await backend.list('one');
    expect(made.map(({ address }) => address).sort()).toEqual(addresses);
    expect(changesOf(await make(house, specOf('one'), 'plan'))).toEqual([]);
    expect(await backend.readiness('one', specOf('one'))).toEqual({ ready: true, waiting: [], failed: null });
    expect(await backend.address!('one')).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    await backend.writeLease('one', leaseLabels(specOf('one')), 2_000_000_000);
    expect(currentLease(await backend.list('one'))?.labels['dev.mayfly.ends']).toBe('2000000000');
    expect(await backend.list()).toEqual(await backend.list('one'));
    const { plan: after } = await make(house, specOf('one'), 'plan');
    expect([changesOf({ plan: after, backend }), after.drift]).toEqual([[], []]);
    await backend.stop('one');
    expect((await backend.list('one')).find(({ address }) => address === 'aws_ecs_service.engine')?.status).toBe('exited');
    await backend.end('one');
    expect(await backend.list()).toEqual([]);
    expect(await backend.tidy({ dryRun: false })).toEqual(['mayfly']);
  });

  test('a machine that knows nothing adopts it: no changes', async () => {
    await make(await openHouse(moto.env), specOf('one'));
    expect(changesOf(await make(await openHouse(moto.env), specOf('one'), 'plan'))).toEqual([]);
  });
});

function changesOf({ plan }: Awaited<ReturnType<typeof make>>) {
  return plan.changes.filter(({ action }) => action !== 'none').map(({ address, action, attributes }) => ({ address, action, attributes }));
}
