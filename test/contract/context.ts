import type { CallContext } from '../../src/backends/ports/driver.js';

/** A context that shows nothing, has no credentials and is never aborted. */
export function quietContext(): CallContext {
  return { signal: new AbortController().signal, emit: () => undefined, pullSecret: () => null };
}
