import type { Clock } from '../../clock.js';

/** Milliseconds before each further try. */
export type Pauses = readonly number[];

/** For throttling, failures inside AWS and broken connections: half a minute in all. */
export const transientPauses: Pauses = [100, 200, 400, 800, 1600, 3200, 6400, 12_800];

/** For what takes its time to be known everywhere (a role, a name set free): two minutes and a half in all. */
export const settlingPauses: Pauses = [250, 500, 1000, 2000, 4000, ...Array<number>(28).fill(5000)];

/** Does it again as long as it fails in a way that passes. @throws what the last try threw */
export async function retry<T>(
  clock: Clock,
  pauses: Pauses,
  passes: (error: unknown) => boolean,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (const pause of pauses) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !passes(error)) throw error;
    }
    // Not all at the same moment: others were turned away with us.
    await clock.sleep(pause * (0.5 + Math.random() / 2), signal);
  }
  return work();
}

/** Asks until there is an answer. @returns `null` when there was none in all that time */
export async function poll<T>(clock: Clock, pauses: Pauses, ask: () => Promise<T | null>, signal?: AbortSignal): Promise<T | null> {
  for (const pause of pauses) {
    const answer = await ask();
    if (answer !== null) return answer;
    await clock.sleep(pause, signal);
  }
  return ask();
}
