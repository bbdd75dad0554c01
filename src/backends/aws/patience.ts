import type { Clock } from '../../clock.js';

/** Milliseconds before each further attempt. */
export type Pauses = readonly number[];

/** Pauses for throttling, failures inside AWS and broken connections: half a minute in all. */
export const transientPauses: Pauses = [100, 200, 400, 800, 1600, 3200, 6400, 12_800];

/** Pauses for changes that AWS distributes slowly (a new role, a freed name): two and a half minutes in all. */
export const settlingPauses: Pauses = [250, 500, 1000, 2000, 4000, ...Array<number>(28).fill(5000)];

/** Runs work, and retries it while `passes` accepts the error. @throws the error of the last attempt */
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
    // A random part: other callers were throttled at the same time.
    await clock.sleep(pause * (0.5 + Math.random() / 2), signal);
  }
  return work();
}

/** Asks until there is an answer. @returns `null` if there was none after all pauses */
export async function poll<T>(clock: Clock, pauses: Pauses, ask: () => Promise<T | null>, signal?: AbortSignal): Promise<T | null> {
  for (const pause of pauses) {
    const answer = await ask();
    if (answer !== null) return answer;
    await clock.sleep(pause, signal);
  }
  return ask();
}
