import type { Backend } from '../backends/ports/backend.js';
import { entries } from '../backends/registry.js';
import { systemClock } from '../clock.js';
import type { WatchRequest } from '../keeper/protocol.js';
import { oneOfEach, openDecided, openNodes } from './nodes.js';
import type { Settings } from '../worker/settings.js';

/** Opens the node of a watch request with the request's environment variables. */
export function openRequested({ backend, env }: Pick<WatchRequest, 'backend' | 'env'>): Promise<Backend> {
  return openDecided(entries, backend, env, { env: process.env, clock: systemClock });
}

/** Returns the watch request for the node that the settings and this process's environment lead to. */
export async function requestFor(node: string, { backends }: Pick<Settings, 'backends'>): Promise<WatchRequest> {
  const nodes = openNodes({ entries, nodes: oneOfEach(entries, backends), env: process.env, clock: systemClock });
  const { endpoint } = await nodes.open(node);
  nodes.close();
  return { backend: node, endpoint, env: nodes.deciding(node) };
}
