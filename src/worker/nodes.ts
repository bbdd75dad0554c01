import type { Entry } from '../backends/ports/entry.js';

/** The configured nodes of a process, by name. */
export interface Nodes {
  /** In the order in which they are asked and listed. */
  readonly names: readonly string[];
  /** Nodes that are asked when neither option, spec nor settings name one. */
  readonly unnamed: readonly string[];
  /** Nodes with settings of their own: they count as in use. */
  readonly chosen: readonly string[];
  /** @throws MayflyError `usage` for a node that is not configured */
  entry(node: string): Entry;
  /** The environment variables that determine the node, with their values: another process opens the same node with them. */
  deciding(node: string): Record<string, string>;
}
