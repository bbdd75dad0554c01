import type { CancelSignal } from '../backends/ports/sessions.js';
import { MayflyError } from '../errors.js';

/** Exit code after Ctrl-C, as in shells. */
export const interruptedCode = 130;

/** Signals that ask this process to end: Ctrl-C, a cancelled job, a closed terminal. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Milliseconds between the second signal and the exit, for calls in flight to be dropped. */
const dropTime = 1000;

/** Requests to end the work of this process. They leave the worker as it is. */
export interface Interrupts {
  /** Aborts when nothing new may begin. Operations in flight are finished. */
  stop: AbortSignal;
  /** Aborts when calls in flight are dropped too. */
  abort: AbortSignal;
  /** The first signal, for a command that must end with this process: `INT` for Ctrl-C, otherwise `TERM`. */
  asked(): CancelSignal;
  /** Stops as the first signal does, without a note. */
  interrupt(): void;
  /** Stops catching signals. */
  release(): void;
}

/**
 * Catches signals. For `graceful` work, the first signal stops it, and the second aborts it and ends the process after `dropTime`. Other
 * work is ended at the first signal.
 */
export function catchSignals(graceful: boolean, note: (text: string) => void): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  let asked: CancelSignal = 'TERM';
  const onSignal = (name: NodeJS.Signals) => {
    if (!graceful) process.exit(interruptedCode);
    else if (stop.signal.aborted) {
      abort.abort(interrupted());
      setTimeout(() => process.exit(interruptedCode), dropTime).unref();
    } else {
      if (name === 'SIGINT') asked = 'INT';
      stop.abort(interrupted());
      note('Interrupted: operations in flight will be finished. Interrupt again to stop at once.');
    }
  };
  for (const name of endingSignals) process.on(name, onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    asked: () => asked,
    interrupt: () => stop.abort(interrupted()),
    release() {
      for (const name of endingSignals) process.off(name, onSignal);
    },
  };
}

function interrupted(): MayflyError {
  return new MayflyError('interrupted', { cause: 'interrupted', remedy: 'run the same command again to continue' });
}
