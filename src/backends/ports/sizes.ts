/** Milliseconds between two measurements by a keeper. Each one walks over the node's files. */
export const sizesEvery = 30_000;

/** Measures sizes that the node does not limit by itself. */
export interface Sizes {
  /** Returns volumes and containers larger than their `storage` label, of one worker or of all. */
  outgrown(worker?: string, signal?: AbortSignal): Promise<Outgrown[]>;
}

/** A part of a worker that uses more disk than it may. Sizes in MB; `usedMB` is rounded up. */
export interface Outgrown {
  worker: string;
  /** Such as `volume work`, `container build` or `engine`. */
  what: string;
  usedMB: number;
  sizeMB: number;
}
