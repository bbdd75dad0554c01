import type { Clock } from '../../clock.js';

/** Does a step. Rejects with `late` after `ms` milliseconds, also where the step ignores its signal: a connection may be half-open. */
export async function limited<T>(step: (signal: AbortSignal) => Promise<T>, ms: number, late: Error, clock: Clock): Promise<T> {
  const [over, done] = [new AbortController(), new AbortController()];
  const limit = new Promise<never>((_resolve, reject) => {
    clock.sleep(ms, done.signal).then(
      () => {
        over.abort(late);
        reject(late);
      },
      () => {},
    );
  });
  try {
    return await Promise.race([step(over.signal), limit]);
  } finally {
    done.abort();
  }
}
