import type { EngineSockets } from '../../src/backends/ports/engine-sockets.js';
import type { Connection } from './connection.js';
import { isEngine } from './list.js';
import { socketRoot } from './names.js';

/** Places of sockets that are served. What an engine would say over one is the Docker backend's own. */
export function socketsOn(connection: Connection): EngineSockets {
  return {
    placeFor: (_offer, worker) => `${socketRoot}/${worker}`,
    placeOf: (objects) => objects.find(isEngine)?.labels.exec ?? null,
    async serve(worker, place) {
      const served = await connection.call('serve', worker, ({ sockets, socketFiles }) => {
        if (sockets.has(place)) return false;
        for (const set of [sockets, socketFiles]) set.add(place);
        return true;
      });
      if (!served) return null;
      return {
        close: () => Promise.resolve(void connection.node.sockets.delete(place)),
        isThere: () => Promise.resolve(connection.node.sockets.has(place)),
      };
    },
    forget: (place) => Promise.resolve(void connection.node.socketFiles.delete(place)),
  };
}
