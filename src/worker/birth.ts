import type { BirthLabels } from '../backends/shared/birth-labels.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import { dispatcherOf, specNameOf } from '../lease/birth.js';
import { fenceOf } from '../lease/deadline.js';
import type { Variables } from '../plan/stack.js';
import { formatAsks } from '../spec/asks.js';
import { lifetime, totals, type WorkerSpec } from '../spec/worker-spec.js';

/** The values that a new worker gets as labels of all its objects. */
export interface Birth {
  /** Its latest end without a lease, in seconds since the epoch by the node's clock. Default: its lifetime from now. */
  until?: number;
  /** The installation of the dispatcher that makes it; see `isDispatcher`. Default: none. */
  dispatcher?: string;
  /** The name in the spec, where the worker has another one. Default: the worker's. */
  name?: string;
}

/** The variables of a stack with the values of a `Birth`. */
export type BirthVariables = Record<'until' | 'asks' | 'dispatcher' | 'spec_name', string>;

/** The latest end of a worker that is made at `now`, in seconds since the epoch. `now`: milliseconds since the epoch, by the node's clock. */
export function untilFrom(now: number, spec: WorkerSpec): number {
  return Math.floor(now / 1000) + lifetime(spec);
}

/** The birth of a living worker is in its labels, also for objects that it gets later. A new worker has the given one. */
export function birthVariables(spec: WorkerSpec, objects: readonly OwnedObject[], given: Birth, now: number): BirthVariables {
  // Remains of an earlier worker have no address.
  const own = objects.filter(({ address }) => address !== '');
  const birth: Birth = own.length > 0 ? bornAs(own) : given;
  const { until = untilFrom(now, spec), dispatcher = '', name = spec.name } = birth;
  // An edit of the spec changes no label, with either applier.
  const asks = own.find(({ labels }) => labels.asks !== undefined)?.labels.asks ?? totals(spec);
  return { until: String(until), asks: formatAsks(asks), dispatcher, spec_name: name };
}

/** The labels of an object that has no stack. */
export function birthIn({ until, dispatcher, spec_name: name }: Variables): Pick<BirthLabels, 'until' | 'dispatcher' | 'name'> {
  return { ...(until && { until: Number(until) }), ...(dispatcher && { dispatcher }), ...(name && { name }) };
}

function bornAs(objects: readonly OwnedObject[]): Birth {
  const [dispatcher, name] = [dispatcherOf(objects), specNameOf(objects)];
  const until = Math.floor(fenceOf(objects) / 1000);
  return { until, ...(dispatcher !== null && { dispatcher }), ...(name !== null && { name }) };
}
