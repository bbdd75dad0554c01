import type { Inventory } from '../backends/ports/inventory.js';

/** Milliseconds between looks at a node. A node where looks are expensive has its own pace, the same for all three. */
export interface Pace {
  /** Between two looks of a keeper, when no event comes first. */
  keeper: number;
  /** Until a look that has not answered is tried again beside the first. */
  patience: number;
  /** Between two looks of a command that waits. */
  wait: number;
}

export function paceOf({ lookEvery }: Pick<Inventory, 'lookEvery'>): Pace {
  return { keeper: lookEvery ?? 5000, patience: lookEvery ?? 2000, wait: lookEvery ?? 500 };
}
