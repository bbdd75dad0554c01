import { describe, expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../../src/dispatch/store/store.js';
import type { Allocation } from '../../../src/tasks/allocations/allocation.js';
import { newAllocation } from '../../../src/tasks/allocations/decisions.js';

const half = { cpu: 500, memory: 256 };
const event = { at: 5_000, type: 'allocation_granted', data: { by: 'test' } };

function sample(number: number, more: Partial<Allocation> = {}): Allocation {
  const id = `30000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const asked = { id, organisation: 'red', fleet: 'f', container: 'engine', min: half, max: half, labels: { team: 'ü "7"' }, ttl: 60_000 };
  return { ...newAllocation({ ...asked, interval: 10_000, now: 1_000 + number }), ...more };
}

/** The allocations of every store keep it. `open`: an empty store. */
export function allocationContract(title: string, open: () => Promise<Store>): void {
  async function storeWith(...numbers: number[]): Promise<Store> {
    const store = await open();
    onTestFinished(() => store.close());
    for (const number of numbers) {
      const created = { at: number, type: 'allocation_waiting', data: {} };
      await store.allocations.insert({ allocation: sample(number), bodyHash: `body of ${number}`, event: created });
    }
    return store;
  }

  describe(title, () => {
    test('an allocation is read as it was stored and changed, with its events', async () => {
      const { allocations, fleets } = await storeWith(1, 2);
      expect(await allocations.allocation(sample(1).id)).toEqual(sample(1));
      const change = { state: 'granted', worker: 'w', granted: half, grantedAt: 5_000 } as const;
      const granted = sample(1, { ...change, revision: 1 });
      expect(await allocations.change(sample(1), change, event)).toEqual(granted);
      expect(await allocations.allocation(sample(1).id)).toEqual(granted);
      const types = (await allocations.events(sample(1).id, 9)).map(({ type }) => type);
      expect([types, (await fleets.events({ fleet: 'f', limit: 9 })).length]).toEqual([['allocation_waiting', 'allocation_granted'], 3]);
    });

    test('a change over another revision, or out of order, stores nothing', async () => {
      const { allocations } = await storeWith(1);
      expect(await allocations.change({ ...sample(1), revision: 1 }, { renewBy: 7 }, null)).toBeNull();
      expect(await allocations.change(sample(1), { state: 'closing' }, event)).toBeNull();
      expect([await allocations.allocation(sample(1).id), (await allocations.events(sample(1).id, 9)).length]).toEqual([sample(1), 1]);
    });

    test('a renewal has no event, and a repeated insertion returns the first allocation', async () => {
      const { allocations } = await storeWith(1);
      expect(await allocations.change(sample(1), { renewBy: 7 }, null)).toEqual(sample(1, { renewBy: 7, revision: 1 }));
      const again = { allocation: sample(1), bodyHash: 'other', event };
      expect(await allocations.insert(again)).toEqual({
        ...{ stored: false, existing: sample(1, { renewBy: 7, revision: 1 }), bodyHash: 'body of 1' },
      });
      expect((await allocations.events(sample(1).id, 9)).length).toBe(1);
    });

    test('those that have not ended are listed, the oldest first, and ended ones are removed after their time', async () => {
      const store = await storeWith(2, 1, 3);
      await store.allocations.change(sample(2), { state: 'ended', endedAt: 100 }, event);
      expect((await store.allocations.living()).map(({ createdAt }) => createdAt)).toEqual([1_001, 1_003]);
      await store.removeFinished(100);
      expect((await store.allocations.allocation(sample(2).id))?.state).toBe('ended');
      await store.removeFinished(101);
      expect([await store.allocations.allocation(sample(2).id), (await store.allocations.living()).length]).toEqual([null, 2]);
    });
  });
}
