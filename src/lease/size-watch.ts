import { type Outgrown, type Sizes, sizesEvery } from '../backends/ports/sizes.js';
import type { OwnedObject } from '../backends/ports/owned-object.js';
import type { Clock } from '../clock.js';

export interface SizeWatchOptions {
  sizes: Sizes | null;
  clock: Clock;
  signal: AbortSignal;
  /** Called for each worker of which something has outgrown its size, with the first such thing. */
  onOutgrown(found: Outgrown): void;
  onError(error: unknown): void;
}

/**
 * Told of every look at the backend, it measures now and then: `sizesEvery` after it first saw something with a size, and that long
 * after each answer. It never waits, so that no deadline waits for a daemon that counts files.
 */
export function sizeWatch({ sizes, clock, signal, onOutgrown, onError }: SizeWatchOptions): (objects: readonly OwnedObject[]) => void {
  let dueAt: number | null = null;
  const measure = async (measured: Sizes) => {
    dueAt = Infinity;
    try {
      const found = await measured.outgrown(undefined, signal);
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

/** `volume work uses 1200 MB of 1000 MB`. */
export function describeOutgrown({ what, usedMB, sizeMB }: Outgrown): string {
  return `${what} uses ${usedMB} MB of ${sizeMB} MB`;
}
