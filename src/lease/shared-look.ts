import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import { groupByWorker } from './deadline.js';
import { insist } from './insist.js';
import { paceOf } from './pace.js';

/** Returns the objects of one worker. */
export type Look = (worker: string) => Promise<OwnedObject[]>;

interface Asked {
  worker: string;
  resolve(objects: OwnedObject[]): void;
  reject(error: unknown): void;
}

/**
 * Returns a look that many callers share: calls during a look wait for the next one, which answers all of them. So an answer is never older
 * than its call, and a hundred workers that end at once cost the backend a few listings, not hundreds.
 */
export function sharedLook(backend: Pick<Backend, 'list' | 'lookEvery'>, clock: Clock, signal?: AbortSignal): Look {
  let asked: Asked[] = [];
  let looking = false;

  const list = (worker?: string) => insist(() => backend.list(worker), clock, paceOf(backend).patience, signal);
  const lookFor = async (batch: readonly Asked[]) => {
    try {
      const [first, ...others] = batch;
      const workers = groupByWorker(others.length === 0 ? await list(first!.worker) : await list());
      for (const { worker, resolve } of batch) resolve(workers.get(worker) ?? []);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };
  const lookOn = async () => {
    looking = true;
    while (asked.length > 0) {
      const batch = asked;
      asked = [];
      const settled = new AbortController();
      // A look that hangs delays the next one only for a moment.
      await Promise.race([lookFor(batch), clock.sleep(paceOf(backend).patience, settled.signal).catch(() => {})]);
      settled.abort();
    }
    looking = false;
  };

  return (worker) =>
    new Promise((resolve, reject) => {
      asked.push({ worker, resolve, reject });
      if (!looking) void lookOn();
    });
}
