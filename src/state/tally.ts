import * as z from 'zod/mini';
import type { Clock } from '../clock.js';
import { readIfThere, writeAtomic } from './atomic-file.js';
import { parseJson } from './parse-json.js';

/** Milliseconds after which old entries are removed again. */
const pruneEvery = 3600 * 1000;

const shape = z.object({ prunedAt: z.number(), amount: z.number() });

export interface TallyOptions {
  /** The file. */
  path: string;
  /** The directory that the user named. */
  below: string;
  clock: Clock;
  /** The amount beyond which entries are removed. */
  most: number;
}

/**
 * Counts what is added to a directory, in a small file beside it, so that an addition does not read the directory. Additions at the same time
 * may be missing in the count; the next removal counts again.
 */
export class Tally {
  constructor(private readonly options: TallyOptions) {}

  /** Counts an addition. Every hour, and beyond `most`, calls `prune`, which removes old entries and returns the amount that is left. */
  async add(amount: number, prune: () => Promise<number>): Promise<void> {
    const { path, below, clock, most } = this.options;
    const text = await readIfThere(path);
    const last = text === null ? null : parseJson(shape, text);
    const now = clock.now();
    const total = (last?.amount ?? 0) + amount;
    // A clock that was set back must not delay the removal.
    const isFresh = last !== null && last.prunedAt <= now && now < last.prunedAt + pruneEvery;
    const next = isFresh && total <= most ? { prunedAt: last.prunedAt, amount: total } : { prunedAt: now, amount: await prune() };
    await writeAtomic(path, JSON.stringify(next), below);
  }
}
