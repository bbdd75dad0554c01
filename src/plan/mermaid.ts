import type { Graph } from './graph.js';

/** A stack's graph as a Mermaid flowchart: an arrow goes from each dependency to its dependent. */
export function mermaid(graph: Graph): string {
  const ids = new Map([...graph.keys()].map((address, index) => [address, `r${index}`]));
  const nodes = [...graph.values()].map(({ address, name, type }) => `  ${ids.get(address)}["${type}<br/>${name}"]`);
  const edges = [...graph.values()].flatMap(({ address, dependencies }) =>
    dependencies.map((dependency) => `  ${ids.get(dependency)} --> ${ids.get(address)}`),
  );
  return ['flowchart LR', ...nodes, ...edges].join('\n');
}
