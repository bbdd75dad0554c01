import type { Log } from '../../log.js';
import type { Callback } from './callback.js';

/** A function that is called after the commit of an event with a callback, at most once: not after a restart, and not again if it throws. */
export type Hook = (callback: Callback) => void | Promise<void>;

/** One hook that calls all hooks at once. It waits for none of them, and a hook that fails stops no other one. */
export function chained(hooks: readonly Hook[], log: Log): (callback: Callback) => void {
  return (callback) => {
    for (const hook of hooks)
      void (async () => hook(callback))().catch((error: unknown) =>
        log.warn({ err: error, run: callback.run.id, type: callback.type }, 'a hook failed'),
      );
  };
}
