import type { Backend } from '../backends/ports/backend.js';
import type { WatchRequest } from '../keeper/protocol.js';
import type { Hold, Runtime } from './runtime.js';

/** Makes this machine's keeper watch a node, so that it ends the workers there in time. */
export async function arm(
  { keeper, nodes }: Pick<Runtime, 'keeper' | 'nodes'>,
  backend: Backend,
  more: Pick<WatchRequest, 'exec'> = {},
): Promise<Hold> {
  const account = await backend.account?.();
  return keeper.arm({
    ...{ backend: backend.name, endpoint: backend.endpoint, env: nodes.deciding(backend.name), ...more },
    ...(account !== undefined && { account }),
  });
}
