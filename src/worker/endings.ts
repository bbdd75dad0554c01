import type { Backend } from '../backends/ports/backend.js';
import { toMayflyError } from '../errors.js';
import type { HistoryEntry } from '../state/history.js';
import type { Call } from './call.js';

/** Records less than this many milliseconds apart are of the same end: two keepers may end a worker at the same time. */
const sameEnd = 60_000;

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
