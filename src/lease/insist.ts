import type { Clock } from '../clock.js';

/**
 * Asks; where no answer has come after `patience` milliseconds, asks again beside the first, each time after twice as long. The first
 * answer or error counts, so that one lost reply costs seconds and not the call's whole deadline.
 */
export function insist<T>(ask: () => Promise<T>, clock: Clock, patience: number): Promise<T> {
  const settled = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const askFor = (ms: number) => {
      void ask()
        .then(resolve, reject)
        .finally(() => settled.abort());
      clock.sleep(ms, settled.signal).then(
        () => askFor(ms * 2),
        () => {},
      );
    };
    askFor(patience);
  });
}
