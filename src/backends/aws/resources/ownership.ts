import { MayflyError } from '../../../errors.js';
import { type Labels, labelKeys } from '../../../labels.js';

/**
 * Names are not locks: an object under our name is ours only when its tags say so.
 *
 * @throws MayflyError `foreign_object`
 */
export function assertOurs(kind: string, name: string, wanted: Labels, actual: Labels): void {
  const owner = actual[labelKeys.worker];
  if (owner !== undefined && owner === wanted[labelKeys.worker]) return;
  throw new MayflyError('foreign_object', {
    place: { path: name },
    cause: owner ? `a ${kind} of this name belongs to the worker ${owner}` : `a ${kind} of this name exists and was not made by mayfly`,
    remedy: `remove or rename it, or give the worker another name`,
  });
}
