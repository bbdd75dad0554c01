import type { Clock } from '../clock.js';

/**
 * Asks; where no answer has come after `patience` milliseconds, asks again beside the first, each time after twice as long. The first
 * answer or error counts, so that one lost reply costs seconds and not the call's whole deadline. Rejects when the signal aborts.
 */
export function insist<T>(ask: () => Promise<T>, clock: Clock, patience: number, signal?: AbortSignal): Promise<T> {
  const settled = new AbortController();
  const over = signal ? AbortSignal.any([signal, settled.signal]) : settled.signal;
  return new Promise<T>((resolve, reject) => {
    const askFor = (ms: number) => {
      void ask()
        .then(resolve, reject)
        .finally(() => settled.abort());
      clock.sleep(ms, over).then(() => askFor(ms * 2), reject);
    };
    askFor(patience);
  });
}
