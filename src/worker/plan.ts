import { createHash } from 'node:crypto';
import type { Applier, ApplierName } from '../apply/applier.js';
import { Journal, journalName } from '../apply/journal.js';
import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { currentLease, deadlineOf, isExpired, latestEnd } from '../lease/deadline.js';
import type { Existing } from '../plan/changes.js';
import { buildGraph } from '../plan/graph.js';
import type { Plan } from '../plan/plan.js';
import type { Variables } from '../plan/stack.js';
import type { BackendName, WorkerSpec } from '../spec/worker-spec.js';
import type { State } from '../state/records.js';
import type { WorkerDirectory } from '../state/worker-directory.js';
import { type Chosen, chooseBackend } from './choose-backend.js';
import type { Call } from './call.js';
import { changesWorker, compareOrigins, originOfWorker, originWarnings } from './origin.js';
import { variablesOf } from './variables.js';
import { moveByEdit } from '../lease/terms.js';

export interface PlanOptions {
  backend?: BackendName;
  /** Refuse what the backend can't enforce. */
  strict: boolean;
  /** Where the spec comes from; absent or `null`: from no file. */
  origin?: string | null;
  /** Change a worker that was made from a spec of another origin. */
  adopt?: boolean;
}

/** A plan, with what apply goes on from. */
export interface Planned {
  plan: Plan;
  backend: Backend;
  directory: WorkerDirectory;
  state: State;
  variables: Variables;
  applier: Applier;
  handover: unknown;
  /** What is there is of a life whose time is up: it has to go before this is carried out. */
  expired: boolean;
  /** Nothing of the worker existed. */
  fresh: boolean;
  /** When what is there ends, in milliseconds since the epoch by our clock; `null` where nothing is. */
  ends: number | null;
}

/** What an apply of this spec would do. Changes nothing: no object, state, lock or lease. */
export async function planWorker(call: Call, spec: WorkerSpec, options: PlanOptions): Promise<Planned> {
  return planOn(call, spec, await chooseBackend(call, spec, options), options);
}

export async function planOn(
  call: Call,
  spec: WorkerSpec,
  { backend, offer, refused, asked }: Chosen,
  { origin = null, adopt = false }: Pick<PlanOptions, 'origin' | 'adopt'> = {},
  name: ApplierName = call.settings.applier,
): Promise<Planned> {
  const stack = await call.synthesize({ spec, offer });
  const directory = call.layout.worker(backend.name, spec.name);
  // Of a run that was killed: it may hold states and keys.
  await call.layout.scratch(backend.name, spec.name).sweep();
  const graph = buildGraph(stack);
  const found = await backend.list(spec.name);
  const skew = await backend.clockSkew();
  const now = call.clock.now() + skew;
  const expired = isExpired(found, now);
  // What is left of a life whose time is up is no beginning of another: its end would be this one's.
  const objects = expired ? [] : found;
  const living = objects.length > 0;
  const kept = (await directory.readVariables()) ?? (living ? await backend.recoverVariables(spec.name) : null) ?? {};
  const lease = currentLease(objects);
  const ends = lease?.endsAt ?? null;
  const { newId, stop, abort } = call;
  const made = originOfWorker(objects);
  const own = origin ?? '';
  const variables = await variablesOf(stack, backend, {
    spec,
    kept,
    living,
    ends,
    offer,
    now,
    newId,
    registries: { env: call.env, clock: call.clock, signal: stop },
    origin: adopt ? own : (made ?? own),
  });
  const applier = await call.openApplier(name);
  const context = { worker: spec.name, backend, directory, stack, graph, variables, objects, ignoreState: expired, newId, stop, abort };
  const planning = await applier.plan(context);
  const { changes, drift, outputs, state, existing, handover } = planning;
  await tellInterrupted(call, directory);
  const moved = lease ? moveByEdit(spec, lease, { now, latest: latestEnd(objects) }) : null;
  const from: Plan['origin'] = { spec: own, worker: made, match: living ? compareOrigins(made, own) : 'same', adopt };
  const warnings = [...leftOver(expired ? found : []), ...originWarnings(from, changesWorker({ changes, leaseMove: moved }))];
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
    leaseMove: moved,
    origin: from,
    base: { lineage: state.lineage, serial: state.serial, digest: digestOf(existing) },
  };
  return {
    ...{ plan, applier, backend, directory, state, variables, handover, expired },
    fresh: existing.size === 0,
    ends: living ? deadlineOf(objects).endsAt - skew : null,
  };
}

function leftOver(objects: readonly OwnedObject[]): string[] {
  if (objects.length === 0) return [];
  return [`its time was up before: what is left of it (${objects.map(({ name }) => name).join(', ')}) is removed first`];
}

/** Tells two plans of the same stack apart exactly when what they were made from differs: reads have their members in one order. */
function digestOf(existing: ReadonlyMap<string, Existing>): string {
  const hash = createHash('sha256');
  for (const address of [...existing.keys()].sort()) {
    const { id, attributes, tainted } = existing.get(address)!;
    hash.update(JSON.stringify([address, id, attributes, tainted]));
  }
  return hash.digest('hex');
}

async function tellInterrupted(call: Call, directory: WorkerDirectory): Promise<void> {
  const open = await new Journal(directory.file(journalName), call.clock).interrupted();
  if (open.length > 0)
    call.emit({ type: 'note', message: `an earlier apply was interrupted at: ${open.join(', ')}; this goes on from what is there` });
}
