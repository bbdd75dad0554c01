import { MayflyError } from '../../errors.js';
import { type Labels, labelKeys } from '../../labels.js';
import { type OwnLabels, parseResource } from './own-labels.js';

/**
 * Names are not locks: an object under our name is ours only when its labels parse and name the worker and the address that are wanted.
 * Where `wanted` names no worker, as in a foreign stack, all of its labels decide.
 *
 * @throws MayflyError `foreign_object`; `remove` says how such an object goes.
 */
export function assertOurs(kind: string, name: string, wanted: Labels, actual: Labels | null, remove = 'remove or rename it'): void {
  const own = parseResource(actual);
  const { worker, address } = labelKeys;
  if (wanted[worker] === undefined) {
    if (Object.keys(wanted).every((key) => actual?.[key] === wanted[key])) return;
  } else if (own?.worker === wanted[worker] && own.address === (wanted[address] ?? own.address)) return;
  throw new MayflyError('foreign_object', { place: { path: name }, ...whose(kind, own, actual, remove) });
}

function whose(kind: string, own: OwnLabels | null, actual: Labels | null, remove: string): { cause: string; remedy: string } {
  const remedy = `${remove}, or give the worker another name`;
  if (own) return { cause: `a ${kind} of this name belongs to the worker ${own.worker} (${own.address})`, remedy };
  const cause = `a ${kind} of this name exists and was not made by mayfly`;
  if (kind !== 'volume' || Object.keys(actual ?? {}).length > 0) return { cause, remedy };
  return {
    cause: `${cause}, or lost its labels: Docker makes a volume again, without labels, that is removed while a container with it is made`,
    remedy: `look at what is in it, then ${remedy}`,
  };
}
