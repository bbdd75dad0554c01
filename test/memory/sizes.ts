import type { Sizes } from '../../src/backends/ports/sizes.js';
import { containerNameOf } from '../../src/backends/ports/containers.js';
import type { Connection } from './connection.js';
import { isEngine, listOwned } from './list.js';
import { volumeType } from './names.js';

export function sizesOn(connection: Connection): Sizes {
  return {
    async used(worker, signal) {
      const objects = await listOwned(connection, worker);
      const used = await connection.call(
        'usage',
        worker ?? '',
        (node) => new Map(node.list().map(({ id, usedMB }) => [id, usedMB])),
        signal,
      );
      return objects.map((object) => {
        const { id, type, address, labels } = object;
        const kind = type === volumeType ? 'volume ' : isEngine(object) ? '' : 'container ';
        return {
          worker: object.worker,
          what: `${kind}${containerNameOf(address)}`,
          usedMB: used.get(id) ?? 0,
          sizeMB: labels.storage ?? null,
        };
      });
    },
  };
}
