import type { OwnedObject } from '../../backends/backend.js';
import { type Existing, planChanges } from '../../plan/changes.js';
import { type Graph, transitiveDependencies } from '../../plan/graph.js';
import type { ResourceSchema } from '../../plan/resource-schema.js';
import { sensitiveAttributes, type Stack, type Variables } from '../../plan/stack.js';
import type { State } from '../../state/records.js';

export interface AdoptInput {
  stack: Stack;
  graph: Graph;
  variables: Variables;
  schemas: (type: string) => ResourceSchema;
  existing: ReadonlyMap<string, Existing>;
  objects: readonly OwnedObject[];
  newId(): string;
  /** Whether one of this type is made first and started then. */
  startable(type: string): boolean;
}

export interface Adopted {
  state: State;
  /** Addresses that no state knew, or knew as something else. */
  addresses: string[];
  /** Differs from what it was made from. */
  changed: boolean;
}

/**
 * The state a CLI goes on from: what exists by its labels is in it, whatever was remembered. What it remembers rightly stays as it was, so
 * that the CLI finds drift by itself; what is gone too. What the provider would not put right by itself is tainted. Pure.
 */
export function adopt(remembered: State, input: AdoptInput): Adopted {
  const { stack, graph, existing, objects } = input;
  const dependencies = transitiveDependencies(graph);
  const unfinished = unfinishedOf(input);
  const records = new Map(remembered.records);
  const addresses: string[] = [];
  let changed = false;
  for (const [address, { type, name, attributes, id, dependencies: used, tainted }] of existing) {
    const known = records.get(address);
    const isTainted = tainted || unfinished(address, objects.find((object) => object.id === id)?.status);
    if (known?.attributes['id'] === attributes['id']) {
      if (known!.tainted === isTainted) continue;
      records.set(address, { ...known!, tainted: isTainted });
    } else {
      const all = dependencies.get(address) ?? used;
      records.set(address, {
        type,
        name,
        attributes,
        dependencies: all,
        tainted: isTainted,
        sensitive: sensitiveAttributes(stack, address),
      });
      addresses.push(address);
    }
    changed = true;
  }
  if (!changed) return { state: remembered, addresses, changed };
  const lineage = remembered.lineage ?? input.newId();
  return { state: { ...remembered, lineage, serial: remembered.serial + 1, records }, addresses: addresses.sort(), changed };
}

/**
 * Made and never started, or what only the drivers' own rules replace (an engine that stopped, whose network others have joined): the
 * provider would leave the one and start the other again in place.
 */
function unfinishedOf({ graph, variables, schemas, existing, startable }: AdoptInput): (address: string, status?: string) => boolean {
  const changes = new Map(planChanges({ graph, variables, schemas, existing }).map((change) => [change.address, change]));
  return (address, status) => {
    const change = changes.get(address);
    const type = address.split('.')[0]!;
    if (status === 'created' && startable(type)) return true;
    const { attributes } = schemas(type);
    return change?.attributes.some(({ path, replaces }) => replaces && typeof attributes[path]?.replaces === 'function') ?? false;
  };
}
