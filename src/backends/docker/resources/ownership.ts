import { type Labels, labelKeys } from '../../../labels.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import { assertOurs as assertLabelled } from '../../shared/ownership.js';
import { blankLabels } from '../own-objects.js';

/** Labels for the creation of a container. Labels of its image must not replace ours. */
export function createLabels(attributes: Attributes): Labels {
  const wanted = wantedLabels(attributes);
  return wanted[labelKeys.worker] === undefined ? wanted : { ...blankLabels, ...wanted };
}

/** Our own labels among a resource's wanted attributes. */
export function wantedLabels(attributes: Attributes): Labels {
  const labels = (attributes['labels'] ?? []) as { label: string; value: string }[];
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/** @throws MayflyError `foreign_object`; its remedy is the docker command that removes the object */
export function assertOurs(kind: string, name: string, wanted: Labels, actual: Labels | null): void {
  assertLabelled(kind, name, wanted, actual, `remove or rename it (docker ${kind} rm ${name})`);
}
