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
  /** Whether resources of this type are started by a call of their own, after their creation. */
  startable(type: string): boolean;
}

export interface Adopted {
  state: State;
  /** Addresses that are new in the state, or had another object there. */
  addresses: string[];
  /** Addresses in the state without an object on the backend. */
  gone: string[];
  /** Changed attributes of each resource that the provider would leave unchanged. The resource is tainted, so that it is replaced. */
  overlooked: ReadonlyMap<string, AttributeChange[]>;
  /** Whether the state differs from the one that was read. */
  changed: boolean;
}

/**
 * The state that a CLI starts from. It holds every object that exists by its labels, and no other: a provider may wait minutes for a missing
 * object. A correct record stays as it was, so that the CLI finds drift by itself. A resource that the provider would not correct by itself is
 * tainted. Pure.
 */
export function adopt(remembered: State, input: AdoptInput): Adopted {
  const { stack, graph, existing, objects } = input;
  const dependencies = transitiveDependencies(graph);
  const overlooked = overlookedIn(input);
  const records = new Map(remembered.records);
  const addresses: string[] = [];
  const gone = [...records.keys()].filter((address) => !existing.has(address)).sort();
  for (const address of gone) records.delete(address);
  let changed = gone.length > 0;
  for (const [address, { type, name, attributes, id, dependencies: used, tainted }] of existing) {
    const record = records.get(address);
    const neverStarted = objects.some((object) => object.id === id && object.status === 'created') && input.startable(type);
    const isTainted = tainted || neverStarted || overlooked.has(address);
    if (record?.attributes['id'] === attributes['id']) {
      if (record!.tainted === isTainted) continue;
      records.set(address, { ...record!, tainted: isTainted });
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
  const rest = { addresses: addresses.sort(), gone, overlooked, changed };
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
