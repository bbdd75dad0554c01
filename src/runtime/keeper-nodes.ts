import type { Backend } from '../backends/ports/backend.js';
import { entries } from '../backends/registry.js';
import { systemClock } from '../clock.js';
import type { WatchRequest } from '../keeper/protocol.js';
import { oneOfEach, openDecided, openNodes } from './nodes.js';

/** Opens the node that a command asks this keeper to watch, as that command found it. */
export function openRequested({ backend, env }: Pick<WatchRequest, 'backend' | 'env'>): Promise<Backend> {
  return openDecided(entries, backend, env, { env: process.env, clock: systemClock });
}

/** The request for a node as this process's own environment leads to it. */
export async function requestFor(node: string): Promise<WatchRequest> {
  const nodes = openNodes({ entries, nodes: oneOfEach(entries, {}), env: process.env, clock: systemClock });
  const { endpoint } = await nodes.open(node);
  nodes.close();
  return { backend: node, endpoint, env: nodes.deciding(node) };
}
