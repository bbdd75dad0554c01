import type { Clock } from '../clock.js';
import { toMayflyError } from '../errors.js';
import type { Log } from '../log.js';

/** Milliseconds until a lasting trouble is logged again; doubled each time. */
const firstAgain = 60_000;
const longestAgain = 3600_000;

/** The number of causes of one trouble that are each logged at once. */
const mostCauses = 10;

interface Trouble {
  causes: Set<string>;
  again: number;
  nextAt: number;
}

/**
 * Logs troubles that repeat, such as a backend that does not answer. A trouble is logged at once, with each new cause, then less and less
 * often while it lasts, and when it ends. Each trouble has a key.
 */
export class Troubles {
  private readonly lasting = new Map<string, Trouble>();

  constructor(
    private readonly log: Log,
    private readonly clock: Clock,
  ) {}

  report(key: string, fields: object, message: string, error: unknown): void {
    const { message: cause } = toMayflyError(error);
    const now = this.clock.now();
    const trouble = this.lasting.get(key) ?? { causes: new Set(), again: firstAgain / 2, nextAt: now };
    const isNew = !trouble.causes.has(cause) && trouble.causes.size < mostCauses;
    if (!isNew && now < trouble.nextAt) return;
    if (isNew) trouble.causes.add(cause);
    const again = now < trouble.nextAt ? trouble.again : Math.min(trouble.again * 2, longestAgain);
    this.lasting.set(key, { causes: trouble.causes, again, nextAt: now + again });
    this.log.warn({ ...fields, cause }, message);
  }

  /** Logs the end of a trouble, if it was reported. */
  over(key: string, fields: object, message: string): void {
    if (this.lasting.delete(key)) this.log.info(fields, message);
  }
}
