import { graceSeconds } from '../../spec/worker-spec.js';
import type { Cancel } from '../ports/sessions.js';

/** A cancel by one abort: TERM, and KILL after 10 s. */
export function cancelOn(stop: AbortSignal): Cancel {
  return { stop, kill: new AbortController().signal, grace: graceSeconds * 1000, signal: () => 'TERM' };
}

/** Calls `act` when the signal aborts: at once if it has already. @returns a function that stops listening */
export function whenAborted(signal: AbortSignal, act: () => void): () => void {
  if (signal.aborted) act();
  else signal.addEventListener('abort', act, { once: true });
  return () => signal.removeEventListener('abort', act);
}
