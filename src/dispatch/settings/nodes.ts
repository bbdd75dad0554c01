import { defaultTerms } from '../nodes/terms.js';
import { nothingAllowed } from '../outside/rules.js';
import type { NodeSetting } from './parse.js';

export interface DefaultNode {
  name: string;
  settings: Readonly<Record<string, string>>;
  asUser: boolean;
}

/**
 * The nodes of the service.
 *
 * @param named in the settings; `null`: none
 * @param defaults one of each kind that is asked by default. Those whose workers have the rights of the service's user are there only if
 * the command line allows processes: then they allow them, and are added to the named nodes
 */
export function nodesOf(named: readonly NodeSetting[] | null, defaults: readonly DefaultNode[]): NodeSetting[] {
  const own = named ?? [];
  const added = defaults.filter(({ name, asUser }) => (named === null || asUser) && own.every((node) => node.name !== name));
  return [
    ...own,
    ...added.map((node) => ({ ...node, functions: false, terms: defaultTerms, allow: { ...nothingAllowed, processes: node.asUser } })),
  ];
}
