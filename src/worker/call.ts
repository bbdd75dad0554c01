import type { Emit } from '../events.js';
import type { Runtime } from './runtime.js';

/** One operation in a runtime. A process may have thousands at a time; each is stopped or cancelled by itself. */
export interface Call extends Runtime {
  emit: Emit;
  /** Aborts when nothing new may begin: what is in flight is finished and saved, and the worker stays. */
  stop: AbortSignal;
  /** Aborts when calls in flight are dropped, too. */
  abort: AbortSignal;
  /** Aborts together with `stop` when nobody wants the result any more: a worker that this operation began is removed. */
  cancelled: AbortSignal;
}

export interface CallOptions {
  emit?: Emit | undefined;
  stop?: AbortSignal | undefined;
  abort?: AbortSignal | undefined;
  cancelled?: AbortSignal | undefined;
}

/** Begins an operation in a runtime. */
export function beginCall(runtime: Runtime, options: CallOptions = {}): Call {
  const { emit = () => {}, stop = never(), abort = never(), cancelled = never() } = options;
  return { ...runtime, emit, stop: AbortSignal.any([stop, cancelled]), abort, cancelled };
}

function never(): AbortSignal {
  return new AbortController().signal;
}
