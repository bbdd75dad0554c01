import { type Clock, systemClock } from '../../src/clock.js';

export interface HeldClock extends Clock {
  /** Milliseconds of the long sleeps that last. */
  lasting(): number[];
  /** Ends the long sleeps of that length. */
  pass(ms: number): void;
}

/** Real time for short sleeps; a sleep of a second or more lasts until the test lets it pass. */
export function heldClock(): HeldClock {
  const held = new Set<{ ms: number; wake(): void }>();
  return {
    now: () => systemClock.now(),
    sleep(ms, signal) {
      if (ms < 1000) return systemClock.sleep(ms, signal);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const sleep = {
          ms,
          wake() {
            held.delete(sleep);
            resolve();
          },
        };
        held.add(sleep);
        signal?.addEventListener('abort', () => {
          held.delete(sleep);
          reject(signal.reason as Error);
        });
      });
    },
    lasting: () => [...held].map(({ ms }) => ms),
    pass(ms) {
      for (const sleep of [...held]) if (sleep.ms === ms) sleep.wake();
    },
  };
}
