import type { Backend, OwnedObject } from '../backends/backend.js';
import { groupByWorker } from './deadline.js';

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
export function sharedLook(backend: Pick<Backend, 'list'>): Look {
  let asked: Asked[] = [];
  let looking = false;

  const lookFor = async (batch: readonly Asked[]) => {
    try {
      const [first, ...others] = batch;
      const workers = groupByWorker(others.length === 0 ? await backend.list(first!.worker) : await backend.list());
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
      await lookFor(batch);
    }
    looking = false;
  };

  return (worker) =>
    new Promise((resolve, reject) => {
      asked.push({ worker, resolve, reject });
      if (!looking) void lookOn();
    });
}
