import { expect, test } from 'vitest';
import { Allocations } from '../../../src/dispatch/allocations/allocations.js';
import { AllocationCommands } from '../../../src/dispatch/allocations/commands.js';
import type { AllocationStore } from '../../../src/dispatch/store/allocation-store.js';
import { close, end, grant, newAllocation, renew } from '../../../src/tasks/allocations/decisions.js';
import type { Allocation } from '../../../src/tasks/allocations/allocation.js';
import type { Fleet } from '../../../src/tasks/fleets/fleet.js';
import { smallSpec } from '../../memory/scene.js';
import { manualClock } from '../../support/manual-clock.js';

const least = { cpu: 1, memory: 1 };

/** Allocations over a store in memory. */
function scene() {
  const rows = new Map<string, Allocation>();
  const store: AllocationStore = {
    insert({ allocation }) {
      rows.set(allocation.id, allocation);
      return Promise.resolve({ stored: true });
    },
    change({ id, revision }, change) {
      const row = rows.get(id);
      if (row?.revision !== revision) return Promise.resolve(null);
      rows.set(id, { ...row, ...change, revision: revision + 1 });
      return Promise.resolve(rows.get(id)!);
    },
    allocation: (id) => Promise.resolve(rows.get(id) ?? null),
    living: () => Promise.resolve([...rows.values()]),
    events: () => Promise.resolve([]),
  };
  const clock = manualClock(0);
  const allocations = new Allocations(store, clock, () => {});
  const add = (id: string, fleet = 'crew', organisation = 'team') => {
    const asked = { id, organisation, fleet, container: 'engine', min: least, max: least, labels: {}, ttl: 60_000, interval: 10_000 };
    const event = { at: 0, type: 'allocation_waiting', data: {} };
    return allocations.insert({ allocation: newAllocation({ ...asked, now: 0 }), bodyHash: 'a', event });
  };
  return { rows, clock, allocations, add };
}

test('allocations are found by their worker from the grant to the end, and counted for their organisation', async () => {
  const { allocations, add } = scene();
  for (const id of ['b', 'a']) await add(id);
  await add('c', 'other-crew', 'other');
  const found = () => [allocations.onWorker('w').map(({ id }) => id), allocations.countOf('team'), allocations.countOf('other')];
  expect(found()).toEqual([[], 2, 1]);
  expect(allocations.onWorker(null)).toEqual([]);
  for (const id of ['a', 'b']) await allocations.change(id, (one, now) => grant(one, { worker: 'w', resources: least, now }));
  await allocations.change('a', (one, now) => renew(one, { interval: 20_000, now }));
  expect(found()).toEqual([['a', 'b'], 2, 1]);
  expect(allocations.onWorker('w')[0]).toMatchObject({ interval: 20_000 });
  await allocations.change('a', (one, now) => close(one, { reason: 'freed', now }));
  expect(found()).toEqual([['a', 'b'], 2, 1]);
  await allocations.change('a', end);
  expect(found()).toEqual([['b'], 1, 1]);
});

test('an allocation without a row is removed', async () => {
  const { rows, allocations, add } = scene();
  await add('a');
  expect(allocations.nextAt).toBe(10_000);
  rows.delete('a');
  const renewed = allocations.change('a', (one, now) => renew(one, { interval: 10_000, now }));
  await expect(renewed).rejects.toMatchObject({ code: 'allocation_unknown' });
  expect([allocations.size, allocations.countOf('team'), allocations.has('crew'), allocations.nextAt]).toEqual([0, 0, false, null]);
});

test('an organisation has at most 1000 allocations, and others have theirs', async () => {
  const { clock, allocations, add } = scene();
  for (let at = 0; at < 1000; at += 1) await add(String(at));
  const commands = new AllocationCommands({
    ...{ allocations, clock, most: 5000, installation: '00000000-0000-4000-8000-000000000000' },
    passed: () => Promise.resolve(),
  });
  const request = (organisation: string) => ({
    organisation,
    fleet: () => ({ id: 'crew', organisation, name: 'crew', state: 'open', spec: smallSpec({ max_duration: 300 }) }) as unknown as Fleet,
    ...{ min: least, max: least, labels: {}, ttl: 60_000, interval: null, bodyHash: 'a', by: 'test' },
  });
  await expect(commands.add(request('team'))).rejects.toMatchObject({
    code: 'queue_full',
    message: expect.stringContaining('1000 allocations of the organisation team have not ended') as string,
    retryAfter: 30,
  });
  expect(await commands.add(request('other'))).toMatchObject({ created: true });
});
