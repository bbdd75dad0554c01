import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Complete, Driver } from '../backends/ports/driver.js';
import { MayflyError } from '../errors.js';
import { configuredAttributes, type Existing, scopeOf } from '../plan/changes.js';
import { driftOf, wantedForCreate } from '../plan/diff.js';
import type { Graph, GraphNode } from '../plan/graph.js';
import type { Drift } from '../plan/plan.js';
import { unknown } from '../plan/values.js';
import type { Attributes, ResourceSchema } from '../plan/resource-schema.js';
import type { Variables } from '../plan/stack.js';
import { same } from '../plan/values.js';
import type { State } from '../state/records.js';

export interface Refreshed {
  existing: Map<string, Existing>;
  drift: Drift[];
}

interface Found {
  attributes: Attributes;
  complete?: Complete;
}

export function driverOf(backend: Backend, type: string): Driver {
  const driver = Object.hasOwn(backend.drivers, type) ? backend.drivers[type] : undefined;
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
  const reads = new Map<string, Promise<Found | null>>();
  for (const node of graph.values()) {
    reads.set(node.address, readOne(node, backend, byAddress.get(node.address), state, variables, reads));
  }
  for (const { address, type, id } of objects) {
    if (graph.has(address)) continue;
    const known = state.records.get(address)?.attributes ?? {};
    reads.set(address, readWhole(driverOf(backend, type), id, known));
  }
  const existing = new Map<string, Existing>();
  for (const [address, read] of reads) {
    const actual = await read;
    const object = byAddress.get(address);
    if (!actual || !object) continue;
    const { attributes, complete } = actual;
    const record = state.records.get(address);
    const dependencies = graph.get(address)?.dependencies ?? record?.dependencies ?? mayUse(object, objects);
    const [type, name] = address.split('.') as [string, string];
    const tainted = record?.tainted ?? false;
    existing.set(address, { type, name, id: object.id, attributes, dependencies, tainted, ...(complete && { complete }) });
  }
  return { existing, drift: findDrift(existing, state, schemasOf(backend), graph) };
}

async function readOne(
  node: GraphNode,
  backend: Backend,
  object: OwnedObject | undefined,
  state: State,
  variables: Variables,
  reads: ReadonlyMap<string, Promise<Found | null>>,
): Promise<Found | null> {
  if (!object) return null;
  const driver = driverOf(backend, node.type);
  const remembered = state.records.get(node.address)?.attributes;
  if (remembered?.['id'] === object.id) return readWhole(driver, object.id, remembered);
  const dependencies = new Map<string, Attributes | null>();
  for (const address of node.dependencies) dependencies.set(address, (await reads.get(address))?.attributes ?? null);
  // What a missing dependency would have given is not known yet.
  const scope = scopeOf(variables, (address) => dependencies.get(address) ?? undefined);
  const tolerant: typeof scope = (reference) =>
    reference[0] !== 'var' && !dependencies.get(`${reference[0]}.${reference[1]}`) ? unknown : scope(reference);
  const wanted = wantedForCreate(configuredAttributes(node, driver.schema, tolerant), driver.schema);
  return readWhole(driver, object.id, withoutUnknown(wanted), driver.adopt?.bind(driver));
}

async function readWhole(driver: Driver, id: string, known: Attributes, read = driver.read.bind(driver)): Promise<Found | null> {
  const [actual, complete] = await Promise.all([read(id, known), driver.completion?.(id)]);
  return actual && { attributes: actual.attributes, ...(complete && { complete }) };
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
      return [withoutComputed(withoutIgnored(drift, graph), schemas(type))];
    })
    .filter((drift) => drift.kind !== 'changed' || drift.attributes.length > 0);
}

/** Attributes that the stack lets others change (a lease moves its schedules) are no drift. */
export function withoutIgnored(drift: Drift, graph: Graph): Drift {
  const ignored = graph.get(drift.address)?.block.lifecycle?.ignore_changes ?? [];
  return { ...drift, attributes: drift.attributes.filter(({ path }) => !ignored.includes(path)) };
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
