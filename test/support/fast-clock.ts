import { type Clock, systemClock } from '../../src/clock.js';

/** A clock that begins now and goes `times` as fast. Whoever has it must see no workers but the test's own: all others look overdue. */
export function fastClock(times: number): Clock {
  const start = Date.now();
  return {
    now: () => start + (Date.now() - start) * times,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
}
