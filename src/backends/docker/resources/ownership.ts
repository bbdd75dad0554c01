import { MayflyError } from '../../../errors.js';
import { type Labels, labelKeys } from '../../../labels.js';
import type { Attributes } from '../../../plan/resource-schema.js';

/** Our own labels among a resource's wanted attributes. */
export function wantedLabels(attributes: Attributes): Labels {
  const labels = (attributes['labels'] ?? []) as { label: string; value: string }[];
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/**
 * Names are not locks: an object under our name is ours only when its labels say so.
 *
 * @throws MayflyError `foreign_object`
 */
export function assertOurs(kind: string, name: string, wanted: Labels, actual: Labels | null): void {
  const worker = labelKeys.worker;
  const ours =
    wanted[worker] !== undefined ? actual?.[worker] === wanted[worker] : Object.entries(wanted).every(([k, v]) => actual?.[k] === v);
  if (ours) return;
  const owner = actual?.[worker];
  throw new MayflyError('foreign_object', {
    place: { path: name },
    cause: owner ? `a ${kind} of this name belongs to the worker ${owner}` : `a ${kind} of this name exists and was not made by mayfly`,
    remedy: `remove or rename it (docker ${kind} rm ${name}), or give the worker another name`,
  });
}
