import type { Backend } from '../backends/ports/backend.js';
import { containerNameOf } from '../backends/ports/containers.js';
import type { Caches } from '../backends/ports/caches.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { toMayflyError } from '../errors.js';
import { type Claim, claimCache, expectClaim } from '../lease/cache-claim.js';
import { isUsed } from '../lease/cache-state.js';
import type { Variables } from '../plan/stack.js';
import { type CacheSpec, cacheVariable, lifetime, type WorkerSpec } from '../spec/worker-spec.js';
import { birthIn } from './birth.js';
import type { Call } from './call.js';

/** The places of a worker's caches, as values of its stack's variables, and sentences about those that are copies. */
export interface CachePlaces {
  variables: Variables;
  warnings: string[];
}

/** The places that a claim would give now. Changes nothing. `objects`: the worker's. */
export async function cachesAtPlan(call: Call, backend: Backend, spec: WorkerSpec, objects: readonly OwnedObject[]): Promise<CachePlaces> {
  const { clock } = call;
  return placesOf(backend, spec, (caches, { name }) =>
    expectClaim({ backend, caches, clock }, { cache: name, worker: spec.name }, isUsed(name, spec.name, objects)),
  );
}

/** Claims the worker's caches and fills its copies. A container that exists keeps its place. `own`: the worker's variables. */
export async function claimCaches(call: Call, backend: Backend, spec: WorkerSpec, own: Variables): Promise<CachePlaces> {
  if (spec.caches.length === 0) return { variables: {}, warnings: [] };
  const { clock, stop: signal, settings } = call;
  const terms = { lifetime: lifetime(spec), maxLifetime: settings.maxLifetime, runner: own['runner'] ?? '', birth: birthIn(own) };
  const objects = await backend.list(spec.name);
  return placesOf(backend, spec, async (caches, cache) => {
    const use = { cache: cache.name, worker: spec.name };
    const options = { backend, caches, clock, signal };
    const isMade = objects.some(({ address }) => containerNameOf(address) === cache.in && address !== '');
    if (isMade && isUsed(cache.name, spec.name, objects)) return expectClaim(options, use, true);
    const claim = await claimCache(options, cache, spec.name, terms);
    if (claim.copy && claim.holder !== null) await caches.copy(use, terms, signal).catch((error: unknown) => warnEmpty(call, cache, error));
    return claim;
  });
}

/** Makes the worker's caches writable for the users of their containers. */
export async function ownCaches({ caches }: Backend, spec: WorkerSpec): Promise<void> {
  for (const cache of spec.caches) await caches?.own(spec.name, cache.in, cache.to);
}

async function placesOf(
  { caches }: Backend,
  { name: worker, caches: wanted }: WorkerSpec,
  claim: (caches: Caches, cache: CacheSpec) => Promise<Claim>,
): Promise<CachePlaces> {
  const places: CachePlaces = { variables: {}, warnings: [] };
  // A backend without caches refuses a spec that has some.
  if (!caches) return places;
  for (const cache of wanted) {
    const { copy, holder } = await claim(caches, cache);
    places.variables[cacheVariable(cache.name)] = caches.placeOf({ cache: cache.name, worker }, copy);
    if (copy) places.warnings.push(describeCopy(cache, holder));
  }
  return places;
}

function describeCopy({ name }: CacheSpec, holder: string | null): string {
  const lost = 'its changes to it end with this worker';
  return holder === null
    ? `this worker has a copy of the cache ${name}: ${lost}`
    : `${holder} writes the cache ${name}, so this worker has a copy: ${lost}`;
}

function warnEmpty({ emit }: Call, { name }: CacheSpec, error: unknown): void {
  emit({
    type: 'warning',
    message: `the cache ${name} could not be copied, so this worker begins without its files: ${toMayflyError(error).message}`,
  });
}
