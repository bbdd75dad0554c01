import type { Backend } from '../backends/ports/backend.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';
import { groupByWorker } from './deadline.js';
import { insist } from './insist.js';
import { paceOf } from './pace.js';

/** Looks at one worker. */
export type Look = (worker: string) => Promise<OwnedObject[]>;

interface Asked {
  worker: string;
  resolve(objects: OwnedObject[]): void;
  reject(error: unknown): void;
}

/**
 * Looks for many at a time: who asks while a look is under way waits for the next, and that is one for all of them. What it
 * answers was never seen before it was asked for. A hundred workers that end at once cost the backend a few listings, not hundreds.
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
      const over = new AbortController();
      // A look that hangs keeps those who ask later for a moment, and not for all of its time.
      await Promise.race([lookFor(batch), clock.sleep(paceOf(backend).patience, over.signal).catch(() => {})]);
      over.abort();
    }
    looking = false;
  };

  return (worker) =>
    new Promise((resolve, reject) => {
      asked.push({ worker, resolve, reject });
      if (!looking) void lookOn();
    });
}
