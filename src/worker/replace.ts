import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { MayflyError } from '../errors.js';
import { isExpired } from '../lease/deadline.js';
import { endWorker } from '../lease/end-worker.js';
import { nodeNow } from '../lease/node-now.js';
import { paceOf } from '../lease/pace.js';
import { runnersOf } from '../lease/runner.js';
import { hasEnded, identityIn } from '../state/process-identity.js';
import type { Call } from './call.js';
import { locate } from './locate.js';
import { compareOrigins, originOfWorker } from './origin.js';
import type { PlanOptions } from './plan.js';
import { replaced } from './why-failed.js';

/** Seconds in which an earlier run ends its command, collects its artifacts and ends its worker. Then the worker is ended under it. */
const giveWayWithin = 30;

/** Seconds to wait for the lock of an earlier run that is making its worker. */
const lockWithin = 60;

/** The call of a run that replaces: it waits for the lock of an earlier run. */
export function patient(call: Call): Call {
  return { ...call, settings: { ...call.settings, lockTimeout: Math.max(call.settings.lockTimeout, lockWithin) } };
}

/**
 * Ends the worker that an earlier run has made. The run on this machine has seen the claim, and ends its worker itself; any other worker is
 * ended at once.
 *
 * @throws MayflyError `worker_exists` where `apply` made the worker; `other_origin` where it was made from another spec
 */
export async function endEarlier(call: Call, worker: string, { backend: only, origin }: PlanOptions): Promise<void> {
  const { backend } = await locate(call, worker, only);
  const objects = (await backend?.list(worker)) ?? [];
  // An apply removes an expired worker by itself.
  if (!backend || objects.length === 0 || isExpired(objects, await nodeNow(backend, call.clock))) return;
  assertReplaceable(worker, objects, origin ?? '');
  const runners = runnersOf(objects);
  const isEarlier = (now: readonly OwnedObject[]) => runnersOf(now).some((runner) => runners.includes(runner));
  await untilGivenWay(call, backend, worker, runners, isEarlier);
  await endWorker({
    backend,
    worker,
    layout: call.layout,
    clock: call.clock,
    reason: (now) => (isEarlier(now) ? 'replaced' : null),
    detail: replaced.why,
    operation: 'destroy',
    seen: objects,
    warn: (message) => call.emit({ type: 'warning', message }),
    lockTimeout: call.settings.lockTimeout,
    signal: call.abort,
  });
}

async function untilGivenWay(
  call: Call,
  backend: Backend,
  worker: string,
  runners: readonly string[],
  isEarlier: (now: readonly OwnedObject[]) => boolean,
): Promise<void> {
  const latest = call.clock.now() + giveWayWithin * 1000;
  const isHere = () => runners.some((runner) => identityIn(runner) !== null && !hasEnded(runner));
  while (isHere() && call.clock.now() < latest && isEarlier(await backend.list(worker))) {
    await call.clock.sleep(paceOf(backend).wait, call.stop);
  }
  call.stop.throwIfAborted();
}

function assertReplaceable(worker: string, objects: readonly OwnedObject[], origin: string): void {
  if (runnersOf(objects).length === 0) {
    throw new MayflyError('worker_exists', {
      place: { path: worker },
      cause: 'a worker of this name was made by `apply`, and --replace ends only workers that `run` made',
      remedy: `end it with \`mayfly destroy ${worker}\`, or give this run another --name`,
    });
  }
  const made = originOfWorker(objects);
  if (compareOrigins(made, origin) !== 'other') return;
  throw new MayflyError('other_origin', {
    place: { path: worker },
    cause: `a worker of this name was made from ${made}, and --replace ends only workers of the same spec`,
    remedy: `end it with \`mayfly destroy ${worker}\`, or give this run another --name`,
  });
}
