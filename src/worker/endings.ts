import type { Backend } from '../backends/ports/backend.js';
import { toMayflyError } from '../errors.js';
import type { HistoryEntry } from '../state/history.js';
import { paceOf } from '../lease/pace.js';
import { readLock } from '../state/lock.js';
import type { Call } from './call.js';

/** Records less than this many milliseconds apart are of the same end: two keepers may end a worker at the same time. */
const sameEnd = 60_000;

/** Milliseconds to wait for the history entry of a worker that has just ended. */
const historyWithin = 3000;

/** Records of how workers of this name ended, newest first: from this machine's history, and from the keepers inside `backends`. */
export async function endingsOf({ layout, emit }: Call, worker: string, backends: readonly Backend[]): Promise<HistoryEntry[]> {
  const own = await layout.history.of(worker);
  const others = await Promise.all(
    backends.map(async (backend) => {
      try {
        return (await backend.residents?.history(worker)) ?? [];
      } catch (error) {
        const cause = toMayflyError(error).message;
        emit({ type: 'warning', message: `the history of the keeper inside ${backend.name} could not be read: ${cause}` });
        return [];
      }
    }),
  );
  const additional = others.flat().filter(({ endedAt }) => !own.some((entry) => Math.abs(entry.endedAt - endedAt) < sameEnd));
  return [...own, ...additional].sort((a, b) => b.endedAt - a.endedAt);
}

/**
 * Waits a moment for the history entry of a worker that has just ended. The process that ended it writes the entry under the worker's
 * lock, right after the last object was removed. `aliveAt`: when the worker was last seen, in milliseconds since the epoch.
 *
 * @returns `null` where none was written
 */
export async function endingSince(call: Call, worker: string, backend: Backend, aliveAt: number): Promise<HistoryEntry | null> {
  const { layout, clock, stop } = call;
  const latest = clock.now() + historyWithin;
  const resident = (await backend.residents?.find()) ?? null;
  for (;;) {
    const locked = (await readLock(layout.lock(backend.name, worker))) !== null;
    const entries = locked ? await layout.history.of(worker) : await endingsOf(call, worker, [backend]);
    const entry = entries.find(({ endedAt }) => endedAt >= aliveAt);
    if (entry) return entry;
    if ((!locked && resident === null) || clock.now() > latest) return null;
    await clock.sleep(locked ? 50 : paceOf(backend).wait, stop);
  }
}
