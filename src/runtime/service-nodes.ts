import { entries } from '../backends/registry.js';
import type { Settings } from '../worker/settings.js';
import { type NodeSettings, oneOfEach } from './nodes.js';

/** The nodes of a service without nodes in its settings: of each kind that is asked by default. `asUser`: see `Entry`. */
export function serviceNodes({ backends }: Pick<Settings, 'backends'>, { asUser }: { asUser: boolean }): NodeSettings[] {
  return oneOfEach(
    entries.filter((entry) => entry.unnamed && (asUser || !entry.asUser)),
    backends,
  );
}
