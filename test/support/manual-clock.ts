import type { Clock } from '../../src/clock.js';

/** A clock that goes on only when it is told to, or when somebody sleeps: then at once by as much. */
export function manualClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock & { advance(ms: number): void; slept: number[] } {
  let now = start;
  const slept: number[] = [];
  return {
    // Whole milliseconds, as every clock has them.
    now: () => Math.floor(now),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
      // Others get their turn.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    },
    advance(ms) {
      now += ms;
    },
    slept,
  };
}
