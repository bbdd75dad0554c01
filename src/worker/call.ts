import type { Emit } from '../events.js';
import type { Runtime } from './runtime.js';

/** One operation in a runtime. A process may have thousands at a time; each can be stopped or cancelled alone. */
export interface Call extends Runtime {
  emit: Emit;
  /** Aborts when nothing new may begin. Calls in flight are finished and saved; the worker stays. */
  stop: AbortSignal;
  /** Aborts when calls in flight must end, too. */
  abort: AbortSignal;
  /** Aborts together with `stop` when the result is not wanted any more. A worker that this operation created is removed. */
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
