import type { Backend } from '../backends/ports/backend.js';
import { toMayflyError } from '../errors.js';
import type { HistoryEntry } from '../state/history.js';
import type { Call } from './call.js';

/** Milliseconds between two records of one end: two keepers may have ended a worker at the same time. */
const sameEnd = 60_000;

/** How lives of a worker ended, newest first: by the history of this machine, and by the keepers inside `backends`. */
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
  const unknown = others.flat().filter(({ endedAt }) => !own.some((entry) => Math.abs(entry.endedAt - endedAt) < sameEnd));
  return [...own, ...unknown].sort((a, b) => b.endedAt - a.endedAt);
}
