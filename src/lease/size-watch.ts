import { type Outgrown, outgrown, type Sizes, sizesEvery } from '../backends/ports/sizes.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';

export interface SizeWatchOptions {
  sizes: Sizes | null;
  clock: Clock;
  signal: AbortSignal;
  /** Called for each worker with a volume or container larger than its size, with the first of them. */
  onOutgrown(found: Outgrown): void;
  onError(error: unknown): void;
}

/**
 * Returns a function to call with the objects of each look. It measures sizes `sizesEvery` milliseconds after the first object with a size,
 * and that long after each measurement. The call returns at once: a slow measurement must delay no deadline.
 */
export function sizeWatch({ sizes, clock, signal, onOutgrown, onError }: SizeWatchOptions): (objects: readonly OwnedObject[]) => void {
  let dueAt: number | null = null;
  const measure = async (measured: Sizes) => {
    dueAt = Infinity;
    try {
      const found = outgrown(await measured.used(undefined, signal));
      const first = new Map(found.toReversed().map((one) => [one.worker, one]));
      for (const one of first.values()) onOutgrown(one);
    } catch (error) {
      if (!signal.aborted) onError(error);
    }
    dueAt = clock.now() + sizesEvery;
  };
  return (objects) => {
    if (!sizes || !objects.some(({ labels }) => labels.storage !== undefined)) return;
    dueAt ??= clock.now() + sizesEvery;
    if (clock.now() >= dueAt) void measure(sizes);
  };
}

/** For example `volume work uses 1200 MB of 1000 MB`. */
export function describeOutgrown({ what, usedMB, sizeMB }: Outgrown): string {
  return `${what} uses ${usedMB} MB of ${sizeMB} MB`;
}
