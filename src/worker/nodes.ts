import type { Entry } from '../backends/ports/entry.js';

/** The nodes of a process, by their names. */
export interface Nodes {
  /** In the order in which they are asked and listed. */
  readonly names: readonly string[];
  /** Those that are asked when nobody names one. */
  readonly unnamed: readonly string[];
  /** Those that a setting is about: they are in use. */
  readonly chosen: readonly string[];
  /** @throws MayflyError `usage` for a node that is not there */
  entry(node: string): Entry;
  /** The environment variables that decide which node it is, with their values: another process finds the same node by them. */
  deciding(node: string): Record<string, string>;
}
