import { createHash } from 'node:crypto';
import type { Applier, ApplierName } from '../apply/applier.js';
import { Journal, journalName } from '../apply/journal.js';
import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { currentLease, deadlineOf, isExpired, isRetained, latestEnd } from '../lease/deadline.js';
import type { Existing } from '../plan/changes.js';
import { buildGraph } from '../plan/graph.js';
import type { Plan } from '../plan/plan.js';
import type { Variables } from '../plan/stack.js';
import type { BackendName, WorkerSpec } from '../spec/worker-spec.js';
import type { State } from '../state/records.js';
import type { WorkerDirectory } from '../state/worker-directory.js';
import { type Chosen, chooseBackend } from './choose-backend.js';
import { type Birth, birthVariables } from './birth.js';
import { cachesAtPlan } from './caches.js';
import type { Call } from './call.js';
import { changesWorker, compareOrigins, originOfWorker, originWarnings } from './origin.js';
import { copiesDue, planCopies } from './copies/planned.js';
import { variablesOf } from './variables.js';
import { moveByEdit } from '../lease/terms.js';

export interface PlanOptions {
  backend?: BackendName;
  /** Refuse a spec whose limits the backend cannot enforce. */
  strict: boolean;
  /** The origin of the spec, as `loadSpec` returns it; absent or `null`: no file. */
  origin?: string | null;
  /** Change a worker that was made from a spec of another origin. */
  adopt?: boolean;
  /** The process that `run` makes a new worker for, as `identityName` writes it. Default: none. */
  runner?: string;
  /** The birth of a new worker. Default: a worker of the command line. */
  birth?: Birth;
}

/** A plan, with the values that apply continues with. */
export interface Planned {
  plan: Plan;
  backend: Backend;
  directory: WorkerDirectory;
  state: State;
  variables: Variables;
  applier: Applier;
  handover: unknown;
  /** Why the existing objects are removed before this plan is carried out: their worker has expired, or is retained; `null`: they stay. */
  remains: 'expired' | 'destroyed' | null;
  /** The worker had no objects. */
  fresh: boolean;
  /** When the living worker ends, in milliseconds since the epoch by our clock; `null` where none lives. */
  ends: number | null;
  /** The latest time at which the worker ends as it is planned, in milliseconds since the epoch by our clock. */
  endsBy: number;
}

/** Plans an apply of this spec. Changes no object, state, lock or lease. */
export async function planWorker(call: Call, spec: WorkerSpec, options: PlanOptions): Promise<Planned> {
  return planOn(call, spec, await chooseBackend(call, spec, options), options);
}

export async function planOn(
  call: Call,
  spec: WorkerSpec,
  { backend, offer, refused, asked }: Chosen,
  { origin = null, adopt = false, runner = '', birth = {} }: Pick<PlanOptions, 'origin' | 'adopt' | 'runner' | 'birth'> = {},
  name: ApplierName = call.settings.applier,
): Promise<Planned> {
  const stack = await call.synthesize({ spec, offer });
  const directory = call.layout.worker(backend.name, spec.name);
  // A killed run may have left states and keys there.
  await call.layout.scratch(backend.name, spec.name).sweep();
  const graph = buildGraph(stack);
  const found = await backend.list(spec.name);
  const skew = await backend.clockSkew();
  const now = call.clock.now() + skew;
  const remains = isExpired(found, now) ? 'expired' : isRetained(found) ? 'destroyed' : null;
  // Ignore the remains of an expired or retained worker: adopting them would inherit its deadline.
  const objects = remains ? [] : found;
  const living = objects.length > 0;
  const stored = (await directory.readVariables()) ?? (living ? await backend.recoverVariables(spec.name) : null) ?? {};
  const lease = currentLease(objects);
  const ends = lease?.endsAt ?? null;
  const { newId, stop, abort } = call;
  const made = originOfWorker(objects);
  const own = origin ?? '';
  const caches = await cachesAtPlan(call, backend, spec, objects);
  const born = birthVariables(spec, objects, birth, now);
  const drawn = await variablesOf(stack, backend, {
    spec,
    kept: stored,
    living,
    ends,
    offer,
    now,
    newId,
    registries: { env: call.env, clock: call.clock, signal: stop },
    origin: adopt ? own : (made ?? own),
    runner,
    birth: born,
  });
  const variables = { ...drawn, ...caches.variables };
  const applier = await call.openApplier(name);
  const context = {
    worker: spec.name,
    backend,
    directory,
    stack,
    graph,
    variables,
    objects,
    ignoreState: remains !== null,
    newId,
    stop,
    abort,
  };
  const planning = await applier.plan(context);
  const { changes, drift, outputs, state, existing, handover } = planning;
  await noteInterrupted(call, directory);
  const moved = lease ? moveByEdit(spec, lease, { now, latest: latestEnd(objects) }) : null;
  const from: Plan['origin'] = { spec: own, worker: made, match: living ? compareOrigins(made, own) : 'same', adopt };
  const warnings = [...leftOver(remains, found), ...caches.warnings, ...originWarnings(from, changesWorker({ changes, leaseMove: moved }))];
  const plan: Plan = {
    format: 'mayfly-plan/2',
    worker: spec.name,
    applier: name,
    spec,
    offer: { ...offer, warnings: [...offer.warnings, ...warnings] },
    refused,
    asked,
    stack,
    changes,
    drift,
    outputs,
    copies: await planCopies(copiesDue(spec.copy, changes, lease, objects), call.env),
    leaseMove: moved,
    origin: from,
    base: { lineage: state.lineage, serial: state.serial, digest: digestOf(existing) },
  };
  const livesUntil = living ? deadlineOf(objects).endsAt - skew : null;
  return {
    ...{ plan, applier, backend, directory, state, variables, handover, remains },
    fresh: existing.size === 0,
    ends: livesUntil,
    endsBy: livesUntil ?? Number(born.until) * 1000 - skew,
  };
}

function leftOver(remains: Planned['remains'], objects: readonly OwnedObject[]): string[] {
  if (remains === null) return [];
  const state = remains === 'expired' ? 'has expired' : 'is retained after a failed run';
  return [`an earlier worker of this name ${state}: its remains (${objects.map(({ name }) => name).join(', ')}) are removed first`];
}

/** A hash of the existing objects. Equal objects give equal hashes: drivers return attributes in a fixed order. */
function digestOf(existing: ReadonlyMap<string, Existing>): string {
  const hash = createHash('sha256');
  for (const address of [...existing.keys()].sort()) {
    const { id, attributes, tainted } = existing.get(address)!;
    hash.update(JSON.stringify([address, id, attributes, tainted]));
  }
  return hash.digest('hex');
}

async function noteInterrupted(call: Call, directory: WorkerDirectory): Promise<void> {
  const open = await new Journal(directory.file(journalName), call.clock).interrupted();
  if (open.length > 0)
    call.emit({
      type: 'note',
      message: `an earlier apply was interrupted at: ${open.join(', ')}; this one continues with the existing objects`,
    });
}
