import type { Backend } from '../../backends/ports/backend.js';
import { deadlineOf } from '../../lease/deadline.js';
import { nodeNow } from '../../lease/node-now.js';
import { paceOf } from '../../lease/pace.js';
import type { Call } from '../call.js';

/**
 * Returns a signal that aborts `ms` milliseconds before the worker's end, which may be moved meanwhile. It aborts no more after `done`, or
 * when the worker is gone.
 */
export function beforeEnd({ clock }: Call, backend: Backend, worker: string, ms: number, done: AbortSignal): AbortSignal {
  const due = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      const objects = await backend.list(worker).catch(() => null);
      if (objects?.length === 0) return;
      const left = objects === null ? paceOf(backend).wait : deadlineOf(objects).endsAt - ms - (await nodeNow(backend, clock));
      if (left <= 0) return due.abort();
      await clock.sleep(left, done);
    }
  };
  // A failed look is no reason to end the command: the worker's end does that.
  watch().catch(() => {});
  return due.signal;
}
