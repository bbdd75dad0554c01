import type { Clock } from '../../src/clock.js';
import { untilIdle } from './idle.js';

export interface SteppedClock extends Clock {
  /** Moves the time on from one sleeper's end to the next, so that each acts at its own time. */
  advance(ms: number): Promise<void>;
  /** Moves the time at once: sleepers end late, as after a suspend. */
  jump(ms: number): Promise<void>;
  /** Sets the clock on the wall by so much; sleepers sleep on for as long as before. */
  set(ms: number): void;
}

interface Sleeper {
  at: number;
  wake(): void;
}

/** A clock that stands still until the test moves it. */
export function steppedClock(start = Date.parse('2026-01-01T00:00:00Z')): SteppedClock {
  let now = start;
  /** The clock on the wall, less what sleepers go by. */
  let ahead = 0;
  const sleepers = new Set<Sleeper>();
  const next = () => [...sleepers].reduce<Sleeper | null>((first, one) => (first && first.at <= one.at ? first : one), null);
  return {
    // Whole milliseconds, as every clock has them.
    now: () => Math.floor(now + ahead),
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const sleeper = { at: now + Math.max(ms, 0), wake: () => (leave(), resolve()) };
        const abort = () => (leave(), reject(signal!.reason as Error));
        const leave = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener('abort', abort);
        };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', abort, { once: true });
      });
    },
    async advance(ms) {
      const target = now + ms;
      await untilIdle();
      for (let first = next(); first && first.at <= target; first = next()) {
        now = Math.max(now, first.at);
        first.wake();
        await untilIdle();
      }
      now = target;
    },
    set(ms) {
      ahead += ms;
    },
    async jump(ms) {
      now += ms;
      for (const one of sleepers) if (one.at <= now) one.wake();
      await untilIdle();
    },
  };
}
