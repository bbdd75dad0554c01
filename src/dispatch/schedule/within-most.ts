import type { Resources } from '../../spec/worker-spec.js';

/** The most that an organisation has at the same time: millicores, MB, workers. A missing one is not limited. */
export interface Most {
  cpu?: number | undefined;
  memory?: number | undefined;
  workers?: number | undefined;
}

export interface Share {
  organisation: string;
  asks: Resources;
}

/**
 * Chooses the runs that their organisations may have now. The others are passed over, and delay nobody.
 *
 * @param due in their turn
 * @param placed all runs that have a node
 */
export function withinMost<T extends Share>(due: readonly T[], placed: Iterable<Share>, mostOf: (organisation: string) => Most): T[] {
  const used = new Map<string, { cpu: number; memory: number; workers: number }>();
  const add = ({ organisation, asks }: Share) => {
    const { cpu, memory, workers } = used.get(organisation) ?? { cpu: 0, memory: 0, workers: 0 };
    used.set(organisation, { cpu: cpu + asks.cpu, memory: memory + asks.memory, workers: workers + 1 });
  };
  for (const run of placed) add(run);
  const chosen: T[] = [];
  const held = new Set<string>();
  for (const run of due) {
    const { organisation, asks } = run;
    if (held.has(organisation)) continue;
    const most = mostOf(organisation);
    const { cpu, memory, workers } = used.get(organisation) ?? { cpu: 0, memory: 0, workers: 0 };
    const fits =
      cpu + asks.cpu <= (most.cpu ?? Infinity) && memory + asks.memory <= (most.memory ?? Infinity) && workers < (most.workers ?? Infinity);
    // Smaller runs behind it would delay it for ever.
    if (!fits) held.add(organisation);
    else {
      chosen.push(run);
      add(run);
    }
  }
  return chosen;
}
