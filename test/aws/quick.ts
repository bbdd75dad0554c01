import { awsBackend } from '../../src/backends/aws/index.js';
import type { Backend } from '../../src/backends/ports/backend.js';
import type { Clock } from '../../src/clock.js';
import type { Call } from '../../src/worker/call.js';
import { openCall } from './make.js';

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

/** A call whose AWS is asked in no real time: what is waited for has passed at once. */
export async function openQuick(env: Record<string, string>): Promise<{ call: Call; backend: Backend; clock: QuickClock }> {
  const clock = quickClock();
  const backend = awsBackend({ env, clock });
  return { call: { ...(await openCall(env)), openNode: () => Promise.resolve(backend) }, backend, clock };
}
