import type { Clock } from '../../clock.js';
import type { Log } from '../../log.js';

/** Milliseconds after which a step of a pass that failed is repeated. */
export const tryAgainAfter = 5000;

/**
 * Makes a step of a pass for each, one after the other. A step that fails is logged, and the others are made.
 *
 * @param step returns when the next pass is needed
 * @returns when the next pass is needed; `null`: never
 */
export async function eachOf<One>(
  all: Iterable<One>,
  step: (one: One) => Promise<number | null>,
  { clock, log, idOf }: { clock: Pick<Clock, 'now'>; log: Log; idOf(one: One): string },
): Promise<number | null> {
  const times: (number | null)[] = [];
  for (const one of all)
    times.push(
      await step(one).catch((error: unknown) => {
        log.warn({ err: error, of: idOf(one) }, 'a step of a pass of the fleets failed, and is repeated soon');
        return clock.now() + tryAgainAfter;
      }),
    );
  return earliest(times);
}

/** The first of some times; `null`: none. */
export function earliest(times: readonly (number | null)[]): number | null {
  const found = times.filter((at) => at !== null);
  return found.length === 0 ? null : Math.min(...found);
}
