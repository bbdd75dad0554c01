import type { Leases } from '../../src/backends/ports/leases.js';
import { leaseLabels } from '../../src/backends/shared/own-labels.js';
import type { Connection } from './connection.js';
import { listOwned } from './list.js';
import { leaseType, objectName } from './names.js';

export function leasesOn(connection: Connection): Leases {
  return {
    async writeLease(worker, terms, ends) {
      const older = (await listOwned(connection, worker)).filter(({ type }) => type === leaseType);
      const number = Math.max(0, ...older.map(({ lease }) => lease!.number)) + 1;
      const name = objectName(worker, `lease-${number}`);
      await connection.call('create', name, (node) => node.create(leaseType, name, leaseLabels(worker, terms, ends)));
      for (const { id, name: old } of older) await connection.call('delete', old, (node) => node.delete(id));
    },
    scheduler: null,
    residents: {
      obeysUntil: () => connection.call('info', '', ({ resident }) => resident?.obeysUntil ?? false),
      find: () => connection.call('info', '', ({ resident }) => resident?.name ?? null),
      logs: (worker, endedAt) => connection.call('info', worker, ({ resident }) => resident?.logs?.get(`${worker}@${endedAt}`) ?? null),
      history: (worker) =>
        connection.call('info', worker, ({ resident }) => resident?.history.filter((entry) => entry.worker === worker) ?? []),
    },
  };
}
