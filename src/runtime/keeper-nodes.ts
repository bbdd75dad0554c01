import type { Backend } from '../backends/ports/backend.js';
import { entries } from '../backends/registry.js';
import { systemClock } from '../clock.js';
import type { WatchRequest } from '../keeper/protocol.js';
import { oneOfEach, openDecided, openNodes } from './nodes.js';

/** Opens the node of a watch request with the request's environment variables. */
export function openRequested({ backend, env }: Pick<WatchRequest, 'backend' | 'env'>): Promise<Backend> {
  return openDecided(entries, backend, env, { env: process.env, clock: systemClock });
}

/** Returns the watch request for the node that this process's environment leads to. */
export async function requestFor(node: string): Promise<WatchRequest> {
  const nodes = openNodes({ entries, nodes: oneOfEach(entries, {}), env: process.env, clock: systemClock });
  const { endpoint } = await nodes.open(node);
  nodes.close();
  return { backend: node, endpoint, env: nodes.deciding(node) };
}
