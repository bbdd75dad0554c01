import type { Backend } from '../backends/ports/backend.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { End, EndReason } from '../events.js';
import { endLocked, patientWithEndings } from '../lease/end-worker.js';
import { layersOf } from '../lease/armed-layers.js';
import type { Output } from '../plan/outputs.js';
import type { Plan } from '../plan/plan.js';
import { lasting, type Variables } from '../plan/stack.js';
import { engineExecs } from '../spec/melodium.js';
import { engineName, lifetime, type WorkerSpec, everyContainer } from '../spec/worker-spec.js';
import { claimCaches, ownCaches } from './caches.js';
import { arm } from './arm.js';
import { chooseBackend } from './choose-backend.js';
import { assertSame, cleanUp, Made } from './clean-up.js';
import { makeCopies } from './copies/put.js';
import { sessionsOf } from './sessions.js';
import { firstCause } from './first-cause.js';
import type { Call } from './call.js';
import { type HeldCall, locked } from './locked.js';
import { assertOrigin } from './origin.js';
import { type Planned, type PlanOptions, planOn } from './plan.js';
import { type Pause, type ReadyOptions, untilReady } from './ready.js';
import type { Hold } from './runtime.js';
import { engineVariables } from '../spec/engine-variables.js';
import { partsOf } from '../spec/address.js';
import { fixLease } from './fix-lease.js';

export interface ApplyOptions extends PlanOptions {
  /** A saved plan: refused when the worker or its state has changed since it was made. */
  saved?: Plan;
  /**
   * Asks a person. `false`: nothing is done. Absent: approved. Nothing is locked while it waits; afterwards only this exact plan is
   * carried out.
   */
  approve?(plan: Plan): Promise<boolean>;
  /** Seconds for which a new worker is kept, stopped, after its engine has failed, at most until its end. Default: it ends then. */
  retain?: number;
  /** Called with a plan that needs no approval, before anything is done. If it throws, the apply ends with that error. */
  onPlan?(plan: Plan, backend: Backend): void;
  /** The container in which a command follows at once. Its program is not looked at a second time. */
  commandIn?: string;
  /** The pauses between looks at a worker that gets ready. Default: this apply's own. */
  pause?: Pause;
}

export interface Applied {
  plan: Plan;
  /** Not approved: nothing was done. */
  done: boolean;
  outputs: Record<string, Output>;
  /** Milliseconds since the epoch; `null` when nothing was done. */
  ends: number | null;
}

/**
 * Creates or changes a worker by its spec: plan, approve, lock and plan again, arm, apply, wait until ready, write the lease. A new
 * worker that does not become ready is removed again.
 */
export async function applyWorker(call: Call, spec: WorkerSpec, options: ApplyOptions): Promise<Applied> {
  // The keeper starts while the plan is made. It ends by itself if it is not needed.
  void call.keeper.wake().catch(() => {});
  const { saved, adopt = false, runner = '', birth = {}, origin = saved?.origin?.spec ?? null } = options;
  // A saved plan was approved for its own node.
  const node = saved?.offer.backend ?? options.backend;
  const chosen = await chooseBackend(call, spec, { strict: options.strict, ...(node !== undefined && { backend: node }) });
  const planNow = async (on: Call) => {
    const planned = await planOn(on, spec, chosen, { origin, adopt, runner, birth }, saved?.applier);
    assertOrigin(planned.plan);
    return planned;
  };
  const asked = options.approve ? await planNow(call) : null;
  const approved = saved ?? asked?.plan;
  if (asked && saved) assertCurrent(saved, asked.plan);
  if (asked && !(await options.approve!(asked.plan))) return { plan: asked.plan, done: false, outputs: asked.state.outputs, ends: null };
  const lock = {
    ...{ backend: chosen.backend.name, worker: spec.name, operation: 'apply', overdueAfter: lifetime(spec) },
    // Wait for an operation that ends an earlier worker of this name, such as a keeper's.
    timeoutFor: patientWithEndings(call.settings.lockTimeout),
  };
  return locked(call, lock, async (held) => {
    const planned = await planNow(held);
    if (approved) assertCurrent(approved, planned.plan);
    if (!asked) options.onPlan?.(planned.plan, planned.backend);
    const again = () => planNow(held);
    const current = planned.remains ? await withoutRemains(held, planned, planned.remains, again) : planned;
    return carryOut(held, spec, current, { planNow: again, commandIn: options.commandIn, retain: options.retain, pause: options.pause });
  });
}

/** Removes the remains of an expired or retained worker. @returns the same plan, made again without them */
async function withoutRemains(
  call: HeldCall,
  { backend, plan }: Planned,
  reason: EndReason,
  planNow: () => Promise<Planned>,
): Promise<Planned> {
  await endLocked({ ...endingOf(call), backend, worker: plan.worker, signal: call.abort }, reason, await backend.list(plan.worker));
  const again = await planNow();
  assertCurrent(plan, again.plan);
  return again;
}

function endingOf({ layout, clock, emit }: Call) {
  return { layout, clock, warn: (message: string) => emit({ type: 'warning', message }) };
}

interface CarryOutOptions extends Pick<ReadyOptions, 'commandIn' | 'pause'> {
  retain: number | undefined;
  planNow(): Promise<Planned>;
}

async function carryOut(call: HeldCall, spec: WorkerSpec, planned: Planned, options: CarryOutOptions): Promise<Applied> {
  const { planNow, commandIn, retain, pause } = options;
  const { backend, directory, fresh } = planned;
  const startedAt = call.clock.now();
  // Even if this apply hangs, a living worker must end in time: others may take the lock then.
  if (planned.ends !== null) call.lock.overdueAt(planned.ends);
  const armed = await armKeeper(call, backend, spec, planned.plan);
  const pid = await armed.pid();
  emitArmed(call, planned, pid);
  // Stop creating objects as soon as no keeper could end them.
  const made = new Made();
  const armedCall = { ...call, stop: AbortSignal.any([call.stop, armed.lost]) };
  try {
    await backend.prepare();
    const current = await withCaches(armedCall, spec, planned, planNow);
    const { plan, applier } = current;
    await Promise.all([directory.writeVariables(lasting(plan.stack, current.variables)), directory.writeStack(plan.stack)]);
    const context = {
      backend,
      directory,
      state: current.state,
      variables: current.variables,
      handover: current.handover,
      clock: call.clock,
      emit: call.emit,
      newId: call.newId,
      parallelism: call.settings.parallelism,
      pullSecret: (address: string) => pullSecretOf(spec, address),
      stop: armedCall.stop,
      abort: call.abort,
      assertHeld: () => call.lock.assertHeld(),
      made,
    };
    let state = await applier.apply(plan, context).catch(async (error: unknown) => {
      throw await firstCause(backend, spec, plan, error);
    });
    await untilReady(armedCall, backend, spec, { startedAt, plan, commandIn, pause });
    await ownCaches(backend, spec);
    const access = await accessOf(backend, spec.name);
    if (Object.entries(access).some(([name, value]) => current.variables[name] !== value)) {
      const variables = { ...current.variables, ...access };
      await directory.writeVariables(lasting(plan.stack, variables));
      state = await applier.settle(plan, { ...context, state, variables });
    }
    await copyFiles(armedCall, backend, plan);
    call.lock.assertHeld();
    const listed = await backend.list(spec.name);
    assertSame(spec.name, listed, new Map([...state.records].map(([at, { attributes }]) => [at, attributes['id']])));
    const ends = await fixLease(call, backend, spec, current, listed, retain);
    const confirmed = await armed.confirm();
    if (confirmed !== pid) emitArmed(call, current, confirmed);
    call.emit({ type: 'ready', elapsedMs: call.clock.now() - startedAt, ends });
    return { plan, done: true, outputs: state.outputs, ends };
  } catch (thrown) {
    const error: unknown = armed.lost.aborted && !call.stop.aborted ? armed.lost.reason : thrown;
    if (fresh && (call.cancelled.aborted || !call.stop.aborted))
      await cleanUp(call, backend, planned.plan, made, failedEnd(toMayflyError(error)));
    throw error;
  } finally {
    armed.release();
  }
}

/** Claims the worker's caches. @returns the plan, made again where another worker has claimed one since */
async function withCaches(call: Call, spec: WorkerSpec, planned: Planned, planNow: () => Promise<Planned>): Promise<Planned> {
  const { variables, warnings } = await claimCaches(call, planned.backend, spec, planned.variables);
  if (Object.entries(variables).every(([name, place]) => planned.variables[name] === place)) return planned;
  for (const message of warnings) call.emit({ type: 'warning', message });
  const again = await planNow();
  assertCurrent(planned.plan, again.plan);
  return again;
}

/** The end of a worker that did not become ready. */
function failedEnd({ timedOut, message }: MayflyError): End {
  return timedOut ? { reason: 'create_timeout', detail: message } : { reason: 'not_ready', detail: `not ready: ${message}` };
}

/** Copies before the lease, which lists the containers that have their copies. */
async function copyFiles({ env, clock, emit, stop }: Call, backend: Backend, { worker, copies }: Plan): Promise<void> {
  if (copies.length > 0) await makeCopies(copies, { sessions: sessionsOf(backend), worker, env, clock, emit, signal: stop });
}

/** The worker's address and engine variables as the backend has them. Another apply may have set them at the same time. */
async function accessOf(backend: Backend, worker: string): Promise<Variables> {
  const address = await backend.address?.(worker);
  const recovered = Object.entries((await backend.recoverVariables(worker)) ?? {}).filter(([name]) =>
    (engineVariables as readonly string[]).includes(name),
  );
  return { ...Object.fromEntries(recovered), ...(address && { address }) };
}

async function armKeeper(call: Call, backend: Backend, spec: WorkerSpec, plan: Plan): Promise<Hold> {
  // `null` for a socket in a volume: the keeper inside the daemon serves it.
  const place = engineExecs(spec) ? (backend.engineSockets?.placeFor(plan.offer, spec.name) ?? null) : null;
  return arm(call, backend, place === null ? {} : { exec: { worker: spec.name, place } });
}

function emitArmed({ emit }: Call, { plan, backend, endsBy }: Planned, pid: number): void {
  emit({ type: 'armed', layers: layersOf(pid, plan.offer.keeper, backend.scheduler?.name, endsBy) });
}

function pullSecretOf(spec: WorkerSpec, address: string) {
  const { name } = partsOf(address);
  if (name === engineName) return spec.engine?.pull_secret ?? null;
  return everyContainer(spec).find((container) => container.name === name)?.pull_secret ?? null;
}

function assertCurrent(saved: Plan, now: Plan): void {
  const same = saved.base.digest === now.base.digest && saved.base.serial === now.base.serial && saved.base.lineage === now.base.lineage;
  const sameLease = JSON.stringify(saved.leaseMove) === JSON.stringify(now.leaseMove);
  const sameStack = JSON.stringify(saved.stack) === JSON.stringify(now.stack);
  if (same && sameLease && sameStack) return;
  throw new MayflyError('plan_stale', {
    place: { path: saved.worker },
    cause: same && sameLease ? "the backend's offer has changed since the plan was made" : 'the worker has changed since the plan was made',
    remedy: 'make a new plan',
  });
}
