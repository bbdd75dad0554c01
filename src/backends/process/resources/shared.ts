import { MayflyError } from '../../../errors.js';
import { labelKeys } from '../../../labels.js';
import type { Attributes } from '../../../plan/resource-schema.js';
import { texts } from '../environment.js';
import type { Host } from '../host.js';
import { readObject, rewriteRecord } from '../objects.js';
import { type ObjectRecord, objectId } from '../record.js';

export const provider = 'registry.terraform.io/mayfly/mayfly';

/** The record of a new object, made from its configured attributes. */
export function newRecord(
  host: Host,
  type: ObjectRecord['type'],
  address: string,
  wanted: Attributes,
  configured: readonly string[],
  base: Record<string, string> = {},
): ObjectRecord {
  const worker = String(wanted['worker']);
  return {
    format: 'mayfly-process/1',
    type,
    id: objectId(type, worker, String(wanted['name'])),
    labels: { ...texts(wanted['labels']), [labelKeys.worker]: worker, [labelKeys.address]: address },
    createdAt: host.clock.now(),
    configuration: Object.fromEntries(configured.map((key) => [key, wanted[key] ?? null])),
    base,
  };
}

const born: ReadonlySet<string> = new Set([labelKeys.worker, labelKeys.address, labelKeys.lifetime, labelKeys.maxLifetime]);

/** Sets an object's labels. Labels of its owner and its first end stay. */
export async function relabel(host: Host, id: string, wanted: Attributes): Promise<ObjectRecord> {
  const record = await existing(host, id);
  const kept = Object.fromEntries(Object.entries(record.labels).filter(([key]) => born.has(key)));
  const changed = { ...record, labels: { ...texts(wanted['labels'] ?? record.labels), ...kept } };
  if (JSON.stringify(changed.labels) !== JSON.stringify(record.labels)) await rewriteRecord(host, changed);
  return changed;
}

/** The record of an object. @throws MayflyError `backend_refused` if it was removed after the plan */
export async function existing(host: Host, id: string): Promise<ObjectRecord> {
  const record = await readObject(host, id);
  if (record) return record;
  throw new MayflyError('backend_refused', {
    cause: `${id} was removed after the plan`,
    remedy: 'run `mayfly plan` or `mayfly apply` again: the new plan creates the object',
  });
}
