import type { Clock } from '../clock.js';

/**
 * Calls `ask`, and again after `patience` milliseconds without an answer, then after twice as long each. The first answer or error is the
 * result, so a lost reply costs seconds, not the call's whole deadline. Rejects when the signal aborts.
 */
export function insist<T>(ask: () => Promise<T>, clock: Clock, patience: number, signal?: AbortSignal): Promise<T> {
  const settled = new AbortController();
  const ended = signal ? AbortSignal.any([signal, settled.signal]) : settled.signal;
  return new Promise<T>((resolve, reject) => {
    const askFor = (ms: number) => {
      void ask()
        .then(resolve, reject)
        .finally(() => settled.abort());
      clock.sleep(ms, ended).then(() => askFor(ms * 2), reject);
    };
    askFor(patience);
  });
}
