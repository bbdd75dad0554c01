import { MayflyError } from '../errors.js';
import { type Labels, labelKeys } from '../labels.js';

/**
 * Names are not locks: an object under our name is ours only when its labels say so. Where `wanted` names no worker, as in a foreign
 * stack, all of its labels decide.
 *
 * @throws MayflyError `foreign_object`; `remove` says how such an object goes.
 */
export function assertOurs(kind: string, name: string, wanted: Labels, actual: Labels | null, remove = 'remove or rename it'): void {
  const { worker } = labelKeys;
  const deciding = wanted[worker] === undefined ? Object.keys(wanted) : [worker];
  if (deciding.every((key) => actual?.[key] === wanted[key])) return;
  const owner = actual?.[worker];
  throw new MayflyError('foreign_object', {
    place: { path: name },
    cause: owner ? `a ${kind} of this name belongs to the worker ${owner}` : `a ${kind} of this name exists and was not made by mayfly`,
    remedy: `${remove}, or give the worker another name`,
  });
}
