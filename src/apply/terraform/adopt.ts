import type { OwnedObject } from '../../backends/ports/owned-object.js';
import { type Existing, planChanges } from '../../plan/changes.js';
import { type Graph, transitiveDependencies } from '../../plan/graph.js';
import type { AttributeChange } from '../../plan/plan.js';
import type { ResourceSchema } from '../../plan/resource-schema.js';
import { sensitiveAttributes, type Stack, type Variables } from '../../plan/stack.js';
import type { State } from '../../state/records.js';
import { isOverlooked } from './overlooked.js';

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
  /** Addresses that the state knew and the backend does not. */
  gone: string[];
  /** The attributes that change of each resource that the provider would leave as it is: it is tainted, so that it is replaced. */
  overlooked: ReadonlyMap<string, AttributeChange[]>;
  /** Differs from what it was made from. */
  changed: boolean;
}

/**
 * The state a CLI goes on from: what exists by its labels is in it, whatever was remembered, and what does not exist is not: a provider
 * may wait minutes for what is gone. What it remembers rightly stays as it was, so that the CLI finds drift by itself. What the provider
 * would not put right by itself is tainted. Pure.
 */
export function adopt(remembered: State, input: AdoptInput): Adopted {
  const { stack, graph, existing, objects } = input;
  const dependencies = transitiveDependencies(graph);
  const left = overlookedIn(input);
  const records = new Map(remembered.records);
  const addresses: string[] = [];
  const gone = [...records.keys()].filter((address) => !existing.has(address)).sort();
  for (const address of gone) records.delete(address);
  let changed = gone.length > 0;
  for (const [address, { type, name, attributes, id, dependencies: used, tainted }] of existing) {
    const known = records.get(address);
    const neverStarted = objects.some((object) => object.id === id && object.status === 'created') && input.startable(type);
    const isTainted = tainted || neverStarted || left.has(address);
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
  const rest = { addresses: addresses.sort(), gone, overlooked: left, changed };
  if (!changed) return { state: remembered, ...rest };
  const lineage = remembered.lineage ?? input.newId();
  return { state: { ...remembered, lineage, serial: remembered.serial + 1, records }, ...rest };
}

function overlookedIn({ graph, variables, schemas, existing }: AdoptInput): Map<string, AttributeChange[]> {
  const changes = planChanges({ graph, variables, schemas, existing }).map((change): [string, AttributeChange[]] => [
    change.address,
    isOverlooked(change, schemas(change.type), graph.get(change.address)?.block ?? {}) ? change.attributes : [],
  ]);
  return new Map(changes.filter(([, attributes]) => attributes.length > 0));
}
