import type { Actual, CallContext } from '../../../src/backends/ports/driver.js';
import { assertOurs } from '../../../src/backends/shared/ownership.js';
import { type Labels, labelKeys } from '../../../src/labels.js';
import type { Attributes } from '../../../src/plan/resource-schema.js';
import type { Connection } from '../connection.js';
import type { MemoryNode } from '../node.js';
import { objectName } from '../names.js';
import type { MemoryObject } from '../object.js';

export const provider = 'registry.terraform.io/mayfly/memory';

/** The labels that an object keeps from its birth, whatever an update says. */
const born: readonly string[] = [labelKeys.worker, labelKeys.address, labelKeys.lifetime, labelKeys.maxLifetime];

/** The parts of a driver that all types share. `actual` gives an object's attributes. */
export function driving(connection: Connection, type: string, actual: (object: MemoryObject) => Attributes) {
  const result = (object: MemoryObject): Actual => ({ id: object.id, labels: object.labels, attributes: structuredClone(actual(object)) });
  const change = (id: string, wanted: Attributes, context: CallContext) =>
    connection.call('update', id, (node) => update(node, id, wanted), context.signal);
  return {
    result,
    change,
    read: (id: string) =>
      connection.call('inspect', id, (node) => {
        const object = node.find(id);
        return object?.type === type ? result(object) : null;
      }),
    /** @throws MayflyError `foreign_object` */
    async create(address: string, wanted: Attributes, { signal }: CallContext): Promise<Actual> {
      const name = objectName(String(wanted['worker']), String(wanted['name']));
      const labels: Labels = { ...(wanted['labels'] as Labels), [labelKeys.address]: address };
      const found = await connection.call('inspect', name, (node) => node.find(name), signal);
      if (found) {
        assertOurs(type, name, labels, found.labels);
        return { ...result(found), found: true };
      }
      return result(await connection.call('create', name, (node) => node.create(type, name, labels, structuredClone(wanted)), signal));
    },
    delete: (id: string, _known: Attributes, { signal }: CallContext) => connection.call('delete', id, (node) => node.delete(id), signal),
  };
}

function update(node: MemoryNode, id: string, wanted: Attributes): MemoryObject {
  const labels = node.find(id)?.labels ?? {};
  const kept = Object.fromEntries(Object.entries(labels).filter(([key]) => born.includes(key)));
  return node.update(id, { ...(wanted['labels'] as Labels), ...kept }, structuredClone(wanted));
}
