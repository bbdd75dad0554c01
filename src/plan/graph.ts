import { MayflyError } from '../errors.js';
import type { ResourceBlock, Stack } from './stack.js';
import { referencesIn } from './template.js';
import { addressOf } from '../spec/address.js';

export interface GraphNode {
  address: string;
  type: string;
  name: string;
  block: ResourceBlock;
  /** Addresses of the direct dependencies (references and `depends_on`), sorted. */
  dependencies: string[];
}

/** The resources of a stack by address. Each comes after all its dependencies. */
export type Graph = Map<string, GraphNode>;

/** Keys of a resource block that Terraform itself uses: they are no attributes. */
export const metaArguments = new Set(['//', 'lifecycle', 'depends_on', 'provider', 'count', 'for_each', 'provisioner', 'connection']);

/** @throws MayflyError `stack_cycle`, which names the cycle; `stack_invalid` for a reference to a missing resource */
export function buildGraph(stack: Stack): Graph {
  const nodes = new Map<string, GraphNode>();
  for (const [type, blocks] of Object.entries(stack.resource ?? {})) {
    for (const [name, block] of Object.entries(blocks)) {
      const address = addressOf(type, name);
      nodes.set(address, { address, type, name, block, dependencies: [] });
    }
  }
  for (const node of nodes.values()) {
    const { depends_on = [], ...rest } = node.block;
    const referred = referencesIn(Object.entries(rest).flatMap(([key, value]) => (metaArguments.has(key) ? [] : [value])))
      .filter(([first]) => first !== 'var')
      .map(([type, name]) => addressOf(String(type), String(name)));
    node.dependencies = [...new Set([...referred, ...depends_on])].sort();
    for (const dependency of node.dependencies) {
      if (!nodes.has(dependency)) {
        throw new MayflyError('stack_invalid', {
          place: { path: node.address },
          cause: `refers to ${dependency}, which the stack does not have`,
        });
      }
    }
  }
  return sorted(nodes);
}

function sorted(nodes: Map<string, GraphNode>): Graph {
  const order: Graph = new Map();
  const path: string[] = [];
  const onPath = new Set<string>();
  const visit = (node: GraphNode) => {
    if (order.has(node.address)) return;
    if (onPath.has(node.address)) {
      const cycle = [...path.slice(path.indexOf(node.address)), node.address];
      throw new MayflyError('stack_cycle', {
        place: { path: node.address },
        cause: `the stack has a cycle: ${cycle.join(' → ')}`,
        remedy: 'remove one of these references',
      });
    }
    path.push(node.address);
    onPath.add(node.address);
    for (const dependency of node.dependencies) visit(nodes.get(dependency)!);
    path.pop();
    onPath.delete(node.address);
    order.set(node.address, node);
  };
  for (const address of [...nodes.keys()].sort()) visit(nodes.get(address)!);
  return order;
}

/** All direct and indirect dependencies of each address, sorted: `dependencies` in the state file. */
export function transitiveDependencies(graph: Graph): Map<string, string[]> {
  const closed = new Map<string, string[]>();
  for (const { address, dependencies } of graph.values()) {
    closed.set(address, [...new Set([...dependencies, ...dependencies.flatMap((one) => closed.get(one) ?? [])])].sort());
  }
  return closed;
}
