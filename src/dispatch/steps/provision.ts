import type { OwnedObject } from '../../backends/ports/owned-object.js';
import { MayflyError, toMayflyError } from '../../errors.js';
import { describeEnd, type EndReason } from '../../events.js';
import { currentLease } from '../../lease/deadline.js';
import { nodeNow } from '../../lease/node-now.js';
import { applyWorker } from '../../worker/apply.js';
import { beginCall } from '../../worker/call.js';
import { endingsOf } from '../../worker/endings.js';
import { readyBy } from '../nodes/fence.js';
import { byNode } from '../nodes/node.js';
import { afterFailure, retryAfter } from '../retry.js';
import { hasSpec, type Run } from '../run.js';
import { isOurs } from './end.js';
import { afterDeath } from './after-death.js';
import { placeOf, type Parts, type Placed, type Step } from './step.js';

/** `placed`: stores that calls to the node begin. */
export const begin: Step = async (run, { runs }) => {
  await runs.change(run, { state: 'provisioning' }, { type: 'provisioning' });
};

/** `provisioning`: makes the worker, or continues with the one that an earlier process made. */
export const provision: Step = async (run, parts, signals) => {
  const place = await placeOf(run, parts);
  // The id of an imported run comes from outside, and with it the worker's name.
  if (isOfAnother(place.watch.last?.workers.get(place.worker), parts)) return fail(run, parts, ofAnother(place.worker), 0);
  if (signals.resumed && (await wasMade(run, parts, place))) return;
  const late = lateAfter(run, parts);
  let made = 0;
  const call = beginCall(parts.runtime, {
    emit(event) {
      if (event.type === 'resource_done' && event.operation === 'create') made += 1;
      parts.progress(run, event);
    },
    stop: signals.stop,
    // A pull or another long call would go on for minutes. A later process continues with the objects that are there.
    abort: AbortSignal.any([signals.stop, signals.outdated, late.signal]),
    cancelled: AbortSignal.any([signals.outdated, late.signal]),
  });
  try {
    if (!hasSpec(run)) throw withoutSpec(run.id);
    late.signal.throwIfAborted();
    await parts.fences.ask(place.node, place.backend);
    const spec = { ...(await parts.specOf(run)), name: place.worker };
    const retain = spec.retain && { retain: spec.retain.failure };
    const birth = { dispatcher: parts.installation, name: run.name, ...(run.until !== null && { until: run.until }) };
    const node = parts.nodeOf(place.node);
    const pause = node.starting.pauses(place.worker, place.backend);
    const { ends } = await applyWorker(call, spec, { backend: place.node, strict: false, adopt: true, birth, pause, ...retain });
    node.made();
    await ready(run, parts, place, ends);
  } catch (thrown) {
    if (signals.stop.aborted || signals.outdated.aborted) return;
    const error = toMayflyError(late.signal.aborted ? late.signal.reason : thrown);
    parts.nodeOf(place.node).notMade(error, byNode(parts.runs.all()).get(place.node) ?? []);
    await fail(run, parts, error, made);
  } finally {
    late.end();
  }
};

/** Milliseconds by which the use case's own deadline comes first: its error names the condition that was waited for. */
const ownDeadlineFirst = 2000;

/** Aborts when the attempt's time to become ready is up, also one that an earlier process began. */
function lateAfter(run: Run, { runtime: { clock } }: Parts): { signal: AbortSignal; end(): void } {
  const [late, ended] = [new AbortController(), new AbortController()];
  const left = readyBy(run) + ownDeadlineFirst - clock.now();
  if (left <= 0) late.abort(notInTime(run));
  else if (left < Infinity)
    void clock.sleep(left, ended.signal).then(
      () => late.abort(notInTime(run)),
      () => {},
    );
  return { signal: late.signal, end: () => ended.abort() };
}

function notInTime({ worker, spec }: Run): MayflyError {
  return new MayflyError('not_ready', {
    place: { path: worker ?? '' },
    cause: `not ready within create_timeout (${spec?.create_timeout} s) after its placement`,
    remedy: 'raise create_timeout, or use a smaller image',
    timedOut: true,
  });
}

function withoutSpec(run: string): MayflyError {
  return new MayflyError('not_possible', {
    place: { path: run },
    cause: 'its spec was lost with the database, and its worker was not ready',
    remedy: 'send the run again',
  });
}

/** Stores a failed attempt, with the state that follows when its worker is gone. */
async function fail(run: Run, { runs, settings, random }: Parts, error: MayflyError, made: number): Promise<void> {
  const failed = afterFailure(run, error, made);
  const { code, problems } = error;
  await runs.change(
    run,
    { state: 'ending', ...failed, notBefore: (run.lastTryAt ?? 0) + Math.round(retryAfter(failed.tries, settings, random())) },
    { type: 'attempt_failed', data: { code, problems } },
    { number: run.attempt, error: { code, problems } },
  );
}

/** Ends of a worker that has not become ready. */
const notMade: ReadonlySet<EndReason> = new Set(['create_timeout', 'not_ready', 'interrupted', 'expired']);

/** Whether an earlier process has made the worker; then the run's next state is stored. */
async function wasMade(run: Run, parts: Parts, place: Placed): Promise<boolean> {
  const { worker, watch, backend } = place;
  const { workers } = await watch.look();
  const objects = workers.get(worker) ?? [];
  if (isOfAnother(objects, parts)) {
    await fail(run, parts, ofAnother(worker), 0);
    return true;
  }
  const lease = currentLease(objects);
  if (lease) {
    await ready(run, parts, place, lease.endsAt);
    return true;
  }
  if (objects.length > 0) return false;
  // No other attempt has a worker of this name.
  const [record] = await endingsOf(beginCall(parts.runtime), worker, [backend]);
  if (!record) return false;
  if (notMade.has(record.reason)) {
    await fail(run, parts, new MayflyError('not_ready', { place: { path: worker }, cause: describeEnd(record) }), 0);
    return true;
  }
  const event = { type: 'worker_gone', data: { reason: record.reason } };
  await parts.runs.change(run, afterDeath(run, record, parts), event, { number: run.attempt, end: record });
  return true;
}

function isOfAnother(objects: readonly OwnedObject[] = [], { installation }: Pick<Parts, 'installation'>): boolean {
  return objects.length > 0 && !isOurs(objects, installation);
}

function ofAnother(worker: string): MayflyError {
  return new MayflyError('foreign_object', {
    place: { path: worker },
    cause: 'another installation of mayfly has a worker of this name on the node',
    remedy: 'start this installation with a database of its own',
  });
}

async function ready(run: Run, { runs, runtime: { clock } }: Parts, { backend }: Placed, ends: number | null): Promise<void> {
  const readyAt = await nodeNow(backend, clock);
  await runs.change(
    run,
    { state: 'running', readyAt: clock.now(), ends, reason: null },
    { type: 'ready', data: { ends: ends && new Date(ends).toISOString() } },
    { number: run.attempt, readyAt },
  );
}
