import type { Resources } from '../../spec/worker-spec.js';

/** Settings of a node, apart from the way to reach it. Resources in millicores and MB; a missing one is not limited here. */
export interface NodeTerms {
  /** For all workers on the node together, in place of those that its backend reports. */
  capacity: Readonly<Partial<Resources>>;
  /** For one worker. */
  largest: Readonly<Partial<Resources>>;
  labels: Readonly<Record<string, string>>;
}

export const defaultTerms: NodeTerms = { capacity: {}, largest: {}, labels: {} };

/** Why a node with these terms never takes a request, one sentence each; empty: it may. */
export function refusalsOf({ capacity, largest }: Pick<NodeTerms, 'capacity' | 'largest'>, asks: Resources): string[] {
  return kinds.flatMap((kind) => {
    const [most, all] = [largest[kind] ?? Infinity, capacity[kind] ?? Infinity];
    if (asks[kind] <= Math.min(most, all)) return [];
    const bound = most < all ? `the node takes at most ${most} a worker` : `the node has ${all} for all workers`;
    return [`it asks for ${asks[kind]} ${units[kind]}, and ${bound}: ask for less`];
  });
}

const kinds = ['cpu', 'memory', 'storage'] as const;
const units = { cpu: 'millicores', memory: 'MB of memory', storage: 'MB of storage' } as const;
