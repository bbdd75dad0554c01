import type { Backend, OwnedObject } from '../backends/backend.js';
import type { Driver } from '../backends/driver.js';
import { MayflyError } from '../errors.js';
import { configuredAttributes, type Existing, scopeOf } from '../plan/changes.js';
import { driftOf, wantedForCreate } from '../plan/diff.js';
import type { Graph, GraphNode } from '../plan/graph.js';
import { type Drift, unknown } from '../plan/plan.js';
import type { Attributes, ResourceSchema } from '../plan/resource-schema.js';
import type { Variables } from '../plan/stack.js';
import { same } from '../plan/values.js';
import type { State } from '../state/records.js';

export interface Refreshed {
  existing: Map<string, Existing>;
  drift: Drift[];
}

export function driverOf(backend: Backend, type: string): Driver {
  const driver = backend.drivers[type];
  if (driver) return driver;
  throw new MayflyError('stack_invalid', { cause: `the ${backend.name} backend has no resource type ${type}` });
}

export function schemasOf(backend: Backend): (type: string) => ResourceSchema {
  return (type) => driverOf(backend, type).schema;
}

/**
 * What is really there: `listed` is all of the worker's objects by their labels, whatever the state says, for the backend is the truth. What the state does not know is
 * adopted, what it remembers differently is drift.
 */
export async function refresh(
  listed: readonly OwnedObject[],
  backend: Backend,
  graph: Graph,
  variables: Variables,
  state: State,
): Promise<Refreshed> {
  const objects = listed.filter(({ address }) => address !== '');
  const byAddress = new Map(objects.map((object) => [object.address, object]));
  const reads = new Map<string, Promise<Attributes | null>>();
  for (const node of graph.values()) {
    reads.set(node.address, readOne(node, backend, byAddress.get(node.address), state, variables, reads));
  }
  for (const { address, type, id } of objects) {
    if (graph.has(address)) continue;
    const known = state.records.get(address)?.attributes ?? {};
    reads.set(
      address,
      driverOf(backend, type)
        .read(id, known)
        .then((actual) => actual?.attributes ?? null),
    );
  }
  const existing = new Map<string, Existing>();
  for (const [address, read] of reads) {
    const attributes = await read;
    const object = byAddress.get(address);
    if (!attributes || !object) continue;
    const record = state.records.get(address);
    const dependencies = graph.get(address)?.dependencies ?? record?.dependencies ?? mayUse(object, objects);
    const [type, name] = address.split('.') as [string, string];
    existing.set(address, { type, name, id: object.id, attributes, dependencies, tainted: record?.tainted ?? false });
  }
  return { existing, drift: findDrift(existing, state, schemasOf(backend), graph) };
}

async function readOne(
  node: GraphNode,
  backend: Backend,
  object: OwnedObject | undefined,
  state: State,
  variables: Variables,
  reads: Map<string, Promise<Attributes | null>>,
): Promise<Attributes | null> {
  if (!object) return null;
  const driver = driverOf(backend, node.type);
  const remembered = state.records.get(node.address)?.attributes;
  if (remembered?.['id'] === object.id) return (await driver.read(object.id, remembered))?.attributes ?? null;
  const dependencies = new Map<string, Attributes | null>();
  for (const address of node.dependencies) dependencies.set(address, (await reads.get(address)) ?? null);
  // What a missing dependency would have given is not known yet.
  const scope = scopeOf(variables, (address) => dependencies.get(address) ?? undefined);
  const tolerant: typeof scope = (reference) =>
    reference[0] !== 'var' && !dependencies.get(`${reference[0]}.${reference[1]}`) ? unknown : scope(reference);
  const wanted = wantedForCreate(configuredAttributes(node, driver.schema, tolerant), driver.schema);
  const adopt = driver.adopt?.bind(driver) ?? driver.read.bind(driver);
  return (await adopt(object.id, withoutUnknown(wanted)))?.attributes ?? null;
}

export function withoutUnknown(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, value === unknown ? null : value]));
}

/** Without a state nobody knows what a running thing uses: it goes before all that merely lies there. */
function mayUse(object: OwnedObject, objects: readonly OwnedObject[]): string[] {
  return object.status === 'present' ? [] : objects.filter(({ status }) => status === 'present').map(({ address }) => address);
}

function findDrift(existing: Map<string, Existing>, state: State, schemas: (type: string) => ResourceSchema, graph: Graph): Drift[] {
  const addresses = new Set([...state.records.keys(), ...existing.keys()]);
  return [...addresses]
    .sort()
    .flatMap((address) => {
      const record = state.records.get(address);
      const actual = existing.get(address)?.attributes ?? null;
      const type = address.split('.')[0]!;
      const drift = driftOf(address, record?.attributes ?? null, actual, schemas(type));
      if (!drift) return [];
      // What the stack says others may change (a lease moves its schedules) is no drift.
      const ignored = graph.get(address)?.block.lifecycle?.ignore_changes ?? [];
      const told = drift.attributes.filter(({ path }) => !ignored.includes(path));
      return [withoutComputed({ ...drift, attributes: told }, schemas(type))];
    })
    .filter((drift) => drift.kind !== 'changed' || drift.attributes.length > 0);
}

/** What only the backend decides (an id, an address) and comes to nothing that anyone configured is no drift. */
export function withoutComputed(drift: Drift, schema: ResourceSchema): Drift {
  const configured = drift.attributes.filter(
    ({ path, before }) => !schema.attributes[path]?.computed || (path !== 'id' && !same(before, null)),
  );
  return { ...drift, attributes: configured.filter(({ path }) => !volatile.has(path)) };
}

/** Differ from one life of a container to the next. */
const volatile = new Set(['id', 'hostname', 'network_data', 'exit_code', 'pid', 'started']);
