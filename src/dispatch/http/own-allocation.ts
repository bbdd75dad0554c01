import type { Allocation } from '../../tasks/allocations/allocation.js';
import { allocationUnknown } from '../allocations/allocations.js';
import type { Token } from '../store/store.js';

/** @throws MayflyError `allocation_unknown`, also for another organisation's allocation */
export async function ownAllocation(
  allocations: { find(id: string): Promise<Allocation | null> },
  token: Token,
  id = '',
): Promise<Allocation> {
  const allocation = await allocations.find(id);
  if (allocation?.organisation === token.organisation) return allocation;
  throw allocationUnknown(id);
}
