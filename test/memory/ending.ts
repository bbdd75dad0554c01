import type { Ending, Removal } from '../../src/backends/ports/ending.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import type { Connection } from './connection.js';
import { listOwned, reportOn } from './list.js';
import { containerType, leaseType, useType, volumeType } from './names.js';

/** Milliseconds between TERM and KILL. */
const grace = 10_000;

/** The order in which objects go: what computes first, what ends the worker last. */
const order = [containerType, volumeType, useType, leaseType];

export function endingOn(connection: Connection): Ending {
  return {
    stop: (_worker, objects, signal) => stop(connection, objects, signal),
    report: (worker, objects) => reportOn(connection, worker, objects),
    remove: (removal, signal) =>
      removal.may ? removeSeen(connection, removal, removal.may, signal) : removeAll(connection, removal.worker, signal),
    tidy: () => Promise.resolve([]),
  };
}

async function stop(connection: Connection, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<OwnedObject[]> {
  const running = objects.filter(({ status }) => status === 'running');
  await Promise.all(running.map((object) => stopOne(connection, object, signal)));
  return objects.map((object) => (object.status === 'running' ? { ...object, status: 'exited' } : object));
}

async function stopOne(connection: Connection, { id, name }: OwnedObject, signal?: AbortSignal): Promise<void> {
  if (await connection.call('signal', name, (node) => node.signal(id, 'TERM'), signal)) return;
  await connection.clock.sleep(grace, signal);
  await connection.call('signal', name, (node) => node.signal(id, 'KILL'), signal);
}

/** All of a worker; and once more for what was made meanwhile. */
async function removeAll(connection: Connection, worker: string, signal?: AbortSignal): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const objects = (await listOwned(connection, worker)).filter(({ id }) => !tried.has(id));
    if (objects.length === 0) return;
    for (const object of inOrder(objects)) {
      await removeOne(connection, object, signal);
      tried.add(object.id);
    }
  }
}

async function removeSeen(
  connection: Connection,
  { objects }: Removal,
  may: NonNullable<Removal['may']>,
  signal?: AbortSignal,
): Promise<void> {
  for (const object of inOrder(objects)) if (await may(object)) await removeOne(connection, object, signal);
}

function removeOne(connection: Connection, { id, name }: OwnedObject, signal?: AbortSignal): Promise<void> {
  return connection.call('delete', name, (node) => node.delete(id), signal);
}

function inOrder(objects: readonly OwnedObject[]): OwnedObject[] {
  return objects.toSorted((a, b) => order.indexOf(a.type) - order.indexOf(b.type));
}
