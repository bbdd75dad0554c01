import { awsBackend } from '../../src/backends/aws/index.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Clock } from '../../src/clock.js';
import type { House } from '../../src/worker/house.js';
import { openHouse } from './make.js';

type QuickClock = Clock & { slept: number };

/** Time that passes as soon as somebody waits for it. */
function quickClock(): QuickClock {
  const clock = {
    slept: 0,
    now: () => Date.now() + clock.slept,
    sleep(ms: number) {
      clock.slept += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

/** A house whose AWS is asked in no real time: what is waited for has passed at once. */
export async function openQuick(env: Record<string, string>): Promise<{ house: House; backend: Backend; clock: QuickClock }> {
  const clock = quickClock();
  const backend = awsBackend({ env, clock });
  return { house: { ...(await openHouse(env)), openBackend: () => Promise.resolve(backend) }, backend, clock };
}
