import { MayflyError } from '../errors.js';

/** As shells have it for a program that Ctrl-C ended. */
export const interruptedCode = 130;

/** All that ask this process to end: Ctrl-C, a job that is cancelled, a terminal that is closed. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds that calls have to be dropped in, after a second signal. */
const dropTime = 1000;

/** What asks the work of this process to end. The worker stays, whatever asks. */
export interface Interrupts {
  /** Aborts when nothing new may begin, and what is in flight is to be finished. */
  stop: AbortSignal;
  /** Aborts when calls in flight are dropped, too. */
  abort: AbortSignal;
  /** Stops as the first signal does, without a word. */
  interrupt(): void;
  /** Leaves signals to the system again. */
  release(): void;
}

/**
 * Catches signals. The first of `graceful` work stops it, the second aborts it and ends the process a second later; any other work just
 * ends, with 130.
 */
export function catchSignals(graceful: boolean, note: (text: string) => void): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  const onSignal = () => {
    if (!graceful) process.exit(interruptedCode);
    else if (stop.signal.aborted) {
      abort.abort(interrupted());
      setTimeout(() => process.exit(interruptedCode), dropTime).unref();
    } else {
      stop.abort(interrupted());
      note('Interrupted: what is in flight is finished. Once more to stop at once.');
    }
  };
  for (const name of endingSignals) process.on(name, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    interrupt: () => stop.abort(interrupted()),
    release() {
      for (const name of endingSignals) process.off(name, onSignal);
    },
  };
}

function interrupted(): MayflyError {
  return new MayflyError('interrupted', { cause: 'interrupted', remedy: 'run the same command again to go on' });
}
