import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { dockerSocket } from '../support/docker.js';
import { afterTest } from '../support/temp-dir.js';

interface Event {
  Actor: { ID: string };
  timeNano: number;
}

/** When each container and volume went, by id or name; milliseconds since the epoch by the daemon's clock. */
export interface Destroyed {
  times: ReadonlyMap<string, number>;
  stop(): void;
}

/** Listens to the daemon instead of asking it again and again, which would slow down what is measured. */
export async function watchDestroyed(socketPath = dockerSocket()): Promise<Destroyed> {
  const filters = JSON.stringify({ type: ['container', 'volume'], event: ['destroy'] });
  const times = new Map<string, number>();
  const req = request({ socketPath, path: `/v1.41/events?filters=${encodeURIComponent(filters)}` });
  await new Promise<void>((resolve, reject) => {
    req.once('error', reject).once('response', (res) => {
      res.on('error', () => {});
      const lines = createInterface({ input: res }).on('error', () => {});
      lines.on('line', (line) => {
        const { Actor, timeNano } = JSON.parse(line) as Event;
        times.set(Actor.ID, timeNano / 1e6);
      });
      resolve();
    });
    req.end();
  });
  const stop = () => void req.destroy();
  req.on('error', () => {});
  afterTest(stop);
  return { times, stop };
}
