import { hasLabels } from '../fleets/picture.js';
import type { Node } from '../nodes/node.js';
import type { Answer, Offers } from '../nodes/offers.js';
import type { Pool } from '../tasks/pool.js';

export interface ModuleNodeParts {
  /** Names of the nodes that may run modules. */
  names: readonly string[];
  nodes: ReadonlyMap<string, Node>;
  offers: Pick<Offers, 'of'>;
}

/** The nodes that run modules, among those that workers of a pool can have. A node that does not answer now may be one. */
export async function moduleNodesFor(pool: Pool, { names, nodes, offers }: ModuleNodeParts): Promise<string[]> {
  if ('run' in pool && pool.run.node !== null) return names.filter((name) => name === pool.run.node);
  const { spec, labels } = 'run' in pool ? { spec: pool.run.spec, labels: {} } : { spec: pool.fleet.spec, labels: pool.fleet.nodes };
  const answers = spec === null || names.length === 0 ? [] : await offers.of(spec);
  const refusing = new Set(answers.filter(isRefusal).map(({ node }) => node));
  return names.filter((name) => {
    const node = nodes.get(name);
    return node !== undefined && hasLabels(node, labels) && !refusing.has(name);
  });
}

function isRefusal(answer: Answer): boolean {
  return 'offer' in answer && !answer.offer.accepted;
}
