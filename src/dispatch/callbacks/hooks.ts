import type { Log } from '../../log.js';
import type { Callback } from './callback.js';

/** Is called after the commit of an event that has a callback, at most once: not after a restart, and not again if it throws. */
export type Hook = (callback: Callback) => void | Promise<void>;

/** One hook that calls all of them at once. It waits for none, and none keeps another one from its call. */
export function chained(hooks: readonly Hook[], log: Log): (callback: Callback) => void {
  return (callback) => {
    for (const hook of hooks)
      void (async () => hook(callback))().catch((error: unknown) =>
        log.warn({ err: error, run: callback.run.id, type: callback.type }, 'a hook failed'),
      );
  };
}
