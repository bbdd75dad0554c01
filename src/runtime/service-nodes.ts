import { entries } from '../backends/registry.js';
import type { Settings } from '../worker/settings.js';
import { type NodeSettings, oneOfEach } from './nodes.js';

/** The kinds of backends, for the settings of a service. */
export const kinds = entries;

/** A node of a service. `asUser`: see `Entry`. */
export interface ServiceNode extends NodeSettings {
  asUser: boolean;
}

/** The nodes of a service without nodes in its settings: of each kind that is asked by default. */
export function serviceNodes({ backends }: Pick<Settings, 'backends'>, { asUser }: { asUser: boolean }): ServiceNode[] {
  const asked = entries.filter((entry) => entry.unnamed && (asUser || !entry.asUser));
  return oneOfEach(asked, backends).map((node) => ({ ...node, asUser: asked.some((kind) => kind.name === node.name && kind.asUser) }));
}
