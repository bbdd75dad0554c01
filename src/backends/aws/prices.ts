import type { Price } from '../../spec/offer.js';
import type { FargateShape } from './names.js';
import type { Arch } from '../../spec/worker-spec.js';
import { priceTable } from './price-table.js';
import { freeStorage } from './shape.js';

/** Shortest billed time in seconds. */
const leastBilled = 60;

export interface Priced {
  shape: FargateShape;
  arch: Arch;
  region: string;
  /** Whether the task has a public address. */
  public: boolean;
  /** Seconds that the worker may live. */
  lifetime: number;
}

/** The price of a task: cpu, memory, storage and address, for its longest life; `null` if unknown. */
export function priceOf({ shape, arch, region, lifetime, public: isPublic }: Priced): Price | null {
  const prices = priceTable.regions[region];
  if (!prices) return null;
  const perHour =
    (shape.cpu / 1024) * prices[arch].cpu +
    (shape.memory / 1024) * prices[arch].memory +
    ((shape.storage ?? freeStorage) - freeStorage) * prices.storage +
    (isPublic ? priceTable.publicAddress : 0);
  return { currency: 'USD', perHour, most: (perHour * Math.max(lifetime, leastBilled)) / 3600, asOf: priceTable.asOf };
}
