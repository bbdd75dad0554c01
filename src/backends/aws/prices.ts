import type { Price } from '../../spec/offer.js';
import type { FargateShape } from './names.js';
import type { Arch } from '../../spec/worker-spec.js';
import { priceTable } from './price-table.js';
import { freeStorage } from './shape.js';

/** Seconds that are billed at least. */
const leastBilled = 60;

export interface Priced {
  shape: FargateShape;
  arch: Arch;
  region: string;
  /** Whether it has a public address. */
  public: boolean;
  /** Seconds it may live. */
  lifetime: number;
}

/** What a task costs: cpu, memory and storage for as long as it may live, and its address; `null` where nobody knows. */
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
