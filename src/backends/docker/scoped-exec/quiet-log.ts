import type { Clock } from '../../../clock.js';

export interface Log {
  warn(fields: object, message: string): void;
}

/** Length of a period in milliseconds. */
const span = 60_000;
const mostPerSpan = 10;

/** Limits a log, so that a client in a loop does not fill it: the first lines of a minute, then the number of the others. */
export function quietLog(log: Log, clock: Clock): Log {
  let since = -Infinity;
  let count = 0;
  return {
    warn(fields, message) {
      if (clock.now() - since >= span) {
        if (count > mostPerSpan) log.warn({ count: count - mostPerSpan }, 'scoped exec: more lines were suppressed');
        since = clock.now();
        count = 0;
      }
      count += 1;
      if (count <= mostPerSpan) log.warn(fields, message);
    },
  };
}
