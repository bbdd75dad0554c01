import type { Clock } from '../../../clock.js';

export interface Log {
  warn(fields: object, message: string): void;
}

/** Milliseconds. */
const span = 60_000;
const mostPerSpan = 10;

/** The same log, that a client which asks in a loop does not fill: of one minute the first lines, then how many more there were. */
export function quietLog(log: Log, clock: Clock): Log {
  let since = -Infinity;
  let count = 0;
  return {
    warn(fields, message) {
      if (clock.now() - since >= span) {
        if (count > mostPerSpan) log.warn({ count: count - mostPerSpan }, 'scoped exec: more of the like');
        since = clock.now();
        count = 0;
      }
      count += 1;
      if (count <= mostPerSpan) log.warn(fields, message);
    },
  };
}
