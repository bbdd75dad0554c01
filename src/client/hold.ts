import { once } from 'node:events';
import { MayflyError } from '../errors.js';
import { openUpgrade } from './connect/tunnel.js';
import { mayPass } from './follow.js';
import { holdPeriod } from './held.js';
import type { Connection } from './http.js';

/** Milliseconds before a connection that broke is opened again. */
const pause = 1000;

/**
 * Keeps a connection to the service open that holds a run: without it, the service ends the run. A connection that breaks is opened again.
 *
 * @returns a function that ends the hold
 */
export function holdRun(connection: Connection, run: string): () => void {
  const done = new AbortController();
  const own = { ...connection, signal: done.signal };
  const hold = async (): Promise<void> => {
    const socket = await openUpgrade(own, `v1/runs/${encodeURIComponent(run)}/hold`);
    socket.on('error', () => {}).resume();
    const stop = () => socket.destroy();
    done.signal.addEventListener('abort', stop, { once: true });
    const beats = setInterval(() => socket.write('.'), holdPeriod);
    if (!done.signal.aborted) await once(socket, 'close');
    else stop();
    clearInterval(beats);
    done.signal.removeEventListener('abort', stop);
  };
  const keep = async (): Promise<void> => {
    while (!done.signal.aborted) {
      await hold().catch((error: unknown) => {
        // The run is over, or never was.
        if (error instanceof MayflyError && !mayPass(error)) done.abort();
      });
      await connection.clock.sleep(pause, done.signal).catch(() => {});
    }
  };
  void keep();
  return () => done.abort();
}
