import type { Allocation, AllocationReason, AllocationState } from '../../tasks/allocations/allocation.js';
import type { AllocationChange } from '../../tasks/allocations/decisions.js';

/** A row of the table `allocations`, as `migrations.ts` makes it. */
export interface AllocationRow {
  id: string;
  organisation: string;
  fleet: string;
  revision: number;
  state: string;
  reason: string | null;
  container: string;
  /** JSON, as the three that follow it. */
  min: string;
  max: string;
  granted: string | null;
  labels: string;
  worker: string | null;
  ttl: number;
  interval: number;
  renewBy: number;
  createdAt: number;
  grantedAt: number | null;
  endedAt: number | null;
  bodyHash: string;
}

export function rowOfAllocation({ min, max, granted, labels, ...plain }: Allocation, bodyHash: string): AllocationRow {
  return {
    ...plain,
    ...{ bodyHash, min: JSON.stringify(min), max: JSON.stringify(max), labels: JSON.stringify(labels) },
    granted: granted && JSON.stringify(granted),
  };
}

export function allocationOfRow({ bodyHash: _, state, reason, min, max, granted, labels, ...plain }: AllocationRow): Allocation {
  return {
    ...plain,
    ...{ state: state as AllocationState, reason: reason as AllocationReason | null },
    ...{ min: JSON.parse(min), max: JSON.parse(max), labels: JSON.parse(labels) },
    granted: granted === null ? null : (JSON.parse(granted) as Allocation['granted']),
  };
}

/** The columns that a change sets. */
export function rowOfAllocationChange({ granted, ...plain }: AllocationChange): Partial<AllocationRow> {
  return { ...plain, ...(granted !== undefined && { granted: granted && JSON.stringify(granted) }) };
}
