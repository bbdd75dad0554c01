import { entries } from '../backends/registry.js';
import type { Settings } from '../worker/settings.js';
import { type NodeSettings, oneOfEach } from './nodes.js';

/** A node of a service. `asUser`: see `Entry`. */
export interface ServiceNode extends NodeSettings {
  asUser: boolean;
}

/** The nodes of a service without nodes in its settings: of each kind that is asked by default. */
export function serviceNodes({ backends }: Pick<Settings, 'backends'>, { asUser }: { asUser: boolean }): ServiceNode[] {
  const kinds = entries.filter((entry) => entry.unnamed && (asUser || !entry.asUser));
  return oneOfEach(kinds, backends).map((node) => ({ ...node, asUser: kinds.some((kind) => kind.name === node.name && kind.asUser) }));
}
