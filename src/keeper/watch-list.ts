import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as z from 'zod/mini';
import type { Clock } from '../clock.js';
import { toMayflyError } from '../errors.js';
import { readIfThere, writeAtomic } from '../state/atomic-file.js';
import type { Log } from '../log.js';
import { watchRequest } from './protocol.js';

const watchEntry = z.extend(watchRequest, {
  /** When the backend stopped answering, in milliseconds since the epoch. Absent while it answers. */
  silent_since: z.optional(z.number()),
});
export type WatchEntry = z.infer<typeof watchEntry>;

/** The file of watched backends. The next keeper reads it after a kill. */
export class WatchList {
  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /**
   * Returns the readable entries. Where some cannot be read, `complete` is false and the file is moved aside for a person to look at. Never
   * throws.
   */
  async read(): Promise<{ entries: WatchEntry[]; complete: boolean }> {
    try {
      const text = await readIfThere(this.path);
      if (text === null) return { entries: [], complete: true };
      const { entries, complete } = parse(text);
      if (!complete) await this.moveAside();
      return { entries, complete };
    } catch (error) {
      this.log.warn({ file: this.path, cause: toMayflyError(error).message }, 'the list of watched backends cannot be read');
      return { entries: [], complete: false };
    }
  }

  /** Writes the list; an empty one removes the file. A failure is only logged: watching continues, but the next keeper lacks these backends. */
  async write(entries: readonly WatchEntry[]): Promise<void> {
    // Do not create a removed state directory again.
    if (!existsSync(dirname(this.path))) return;
    try {
      if (entries.length > 0) await writeAtomic(this.path, JSON.stringify(entries));
      else await rm(this.path, { force: true });
    } catch (error) {
      this.log.warn({ file: this.path, cause: toMayflyError(error).message }, 'the list of watched backends cannot be written');
    }
  }

  private async moveAside(): Promise<void> {
    const aside = `${this.path}.unreadable-${this.clock.now()}`;
    await rename(this.path, aside);
    this.log.warn({ file: aside }, 'the list of watched backends is damaged and was moved aside: backends in it may be unwatched');
  }
}

function parse(text: string): { entries: WatchEntry[]; complete: boolean } {
  try {
    const all = z
      .array(z.unknown())
      .parse(JSON.parse(text))
      .map((one) => watchEntry.safeParse(one));
    const entries = all.flatMap(({ data }) => (data ? [data] : []));
    return { entries, complete: entries.length === all.length };
  } catch {
    return { entries: [], complete: false };
  }
}
