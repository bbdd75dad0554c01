import { MayflyError } from '../../errors.js';
import { type Labels, labelKeys } from '../../labels.js';
import { type OwnLabels, parseResource } from './own-labels.js';

/**
 * Checks that an object with a name of ours is ours: its labels must parse and have the wanted worker and address. Where `wanted` has no
 * worker, as in a foreign stack, all of its labels must be equal.
 *
 * @throws MayflyError `foreign_object`, with the remedy `remove`
 */
export function assertOurs(kind: string, name: string, wanted: Labels, actual: Labels | null, remove = 'remove or rename it'): void {
  const own = parseResource(actual);
  const { worker, address } = labelKeys;
  if (wanted[worker] === undefined) {
    if (Object.keys(wanted).every((key) => actual?.[key] === wanted[key])) return;
  } else if (own?.worker === wanted[worker] && own.address === (wanted[address] ?? own.address)) return;
  throw new MayflyError('foreign_object', { place: { path: name }, ...causeOf(kind, own, actual, remove) });
}

function causeOf(kind: string, own: OwnLabels | null, actual: Labels | null, remove: string): { cause: string; remedy: string } {
  const remedy = `${remove}, or give the worker another name`;
  if (own) return { cause: `a ${kind} of this name belongs to the worker ${own.worker} (${own.address})`, remedy };
  const cause = `a ${kind} of this name exists and was not made by mayfly`;
  if (kind !== 'volume' || Object.keys(actual ?? {}).length > 0) return { cause, remedy };
  return {
    cause: `${cause}, or the volume lost its labels: Docker creates a volume again, without labels, if it was removed while its container was created`,
    remedy: `check its content, then ${remedy}`,
  };
}
