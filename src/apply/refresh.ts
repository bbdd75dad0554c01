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
import { partsOf } from '../spec/address.js';

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
 * Reads the worker's existing resources. `listed`: all objects of the worker, found by their labels. The backend is the truth: an object that
 * is not in the state is adopted, and an object that differs from the state is drift.
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
    const remembered = state.records.get(address)?.attributes ?? {};
    reads.set(address, readWhole(driverOf(backend, type), id, remembered));
  }
  const existing = new Map<string, Existing>();
  for (const [address, read] of reads) {
    const actual = await read;
    const object = byAddress.get(address);
    if (!actual || !object) continue;
    const { attributes, complete } = actual;
    const record = state.records.get(address);
    const dependencies = graph.get(address)?.dependencies ?? record?.dependencies ?? mayUse(object, objects);
    const { type, name } = partsOf(address);
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
  // The attributes of a missing dependency are unknown.
  const scope = scopeOf(variables, (address) => dependencies.get(address) ?? undefined);
  const tolerant: typeof scope = (reference) =>
    reference[0] !== 'var' && !dependencies.get(`${reference[0]}.${reference[1]}`) ? unknown : scope(reference);
  const wanted = wantedForCreate(configuredAttributes(node, driver.schema, tolerant), driver.schema);
  return readWhole(driver, object.id, withoutUnknown(wanted), driver.adopt?.bind(driver));
}

async function readWhole(driver: Driver, id: string, expected: Attributes, read = driver.read.bind(driver)): Promise<Found | null> {
  const [actual, complete] = await Promise.all([read(id, expected), driver.completion?.(id)]);
  return actual && { attributes: actual.attributes, ...(complete && { complete }) };
}

export function withoutUnknown(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, value === unknown ? null : value]));
}

/** Dependencies of an object that is in no state: a running object may use every object that only exists, so it is deleted first. */
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
      const { type } = partsOf(address);
      const drift = driftOf(address, record?.attributes ?? null, actual, schemas(type));
      if (!drift) return [];
      return [withoutComputed(withoutIgnored(drift, graph), schemas(type))];
    })
    .filter((drift) => drift.kind !== 'changed' || drift.attributes.length > 0);
}

/** Removes attributes that the stack ignores: others may change them (a lease moves its schedules). */
export function withoutIgnored(drift: Drift, graph: Graph): Drift {
  const ignored = graph.get(drift.address)?.block.lifecycle?.ignore_changes ?? [];
  return { ...drift, attributes: drift.attributes.filter(({ path }) => !ignored.includes(path)) };
}

/** Removes attributes that only the backend decides, such as ids and addresses. */
export function withoutComputed(drift: Drift, schema: ResourceSchema): Drift {
  const configured = drift.attributes.filter(
    ({ path, before }) => !schema.attributes[path]?.computed || (path !== 'id' && !same(before, null)),
  );
  return { ...drift, attributes: configured.filter(({ path }) => !schema.attributes[path]?.volatile) };
}
