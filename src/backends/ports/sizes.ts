/** Milliseconds between two measurements by a keeper. Each one walks over the node's files. */
export const sizesEvery = 30_000;

/** Measures sizes that the node does not limit by itself. */
export interface Sizes {
  /** Measures volumes and containers, of one worker or of all. Volumes come first, since they name a cause better. */
  used(worker?: string, signal?: AbortSignal): Promise<Used[]>;
}

/** The disk that a part of a worker uses. Sizes in MB; `usedMB` is rounded up. */
export interface Used {
  worker: string;
  /** Such as `volume work`, `container build` or `engine`. */
  what: string;
  usedMB: number;
  /** Its `storage`; `null`: not limited. */
  sizeMB: number | null;
}

export interface Outgrown extends Used {
  sizeMB: number;
}

/** The parts that use more than they may, in the given order. */
export function outgrown(used: readonly Used[]): Outgrown[] {
  return used.flatMap((one) => (one.sizeMB !== null && one.usedMB > one.sizeMB ? [{ ...one, sizeMB: one.sizeMB }] : []));
}
