import type { Manifest } from './manifest.js';

export interface Publication {
  run: string;
  /** The directory of the files. */
  source: string;
  manifest: Manifest;
  signal: AbortSignal;
}

/** A place for accepted results. */
export interface Publisher {
  /** Copies all files, and the manifest as the last one. A repeated call is safe. @returns the place, for people; `null`: the service alone. @throws MayflyError */
  publish(publication: Publication): Promise<string | null>;
}

/** Results stay in the service. */
export const noPublisher: Publisher = { publish: () => Promise.resolve(null) };
