/** Milliseconds between two times that a keeper asks what has outgrown its size: asking costs a walk over the node's files. */
export const sizesEvery = 30_000;

/** Measures what a node does not limit by itself. */
export interface Sizes {
  /** What has outgrown the size in its `storage` label, of one worker or of all. */
  outgrown(worker?: string, signal?: AbortSignal): Promise<Outgrown[]>;
}

/** A part of a worker that takes more on disk than it may. Sizes in MB; `usedMB` is rounded up. */
export interface Outgrown {
  worker: string;
  /** `volume work`, `container build`, `engine`. */
  what: string;
  usedMB: number;
  sizeMB: number;
}
