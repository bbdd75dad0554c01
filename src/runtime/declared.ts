import type { Capabilities } from '../backends/ports/capabilities.js';
import { entries } from '../backends/registry.js';

/** Loads each backend's declared capabilities, by the columns of the table in the docs. */
export async function declaredColumns(): Promise<Record<string, Capabilities>> {
  const loaded = await Promise.all(entries.map(({ load }) => load()));
  return Object.assign({}, ...loaded.map(({ columns }) => columns)) as Record<string, Capabilities>;
}
