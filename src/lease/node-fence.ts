import type { Leases } from '../backends/ports/leases.js';

/**
 * Whether something on the node's own side ends a worker at its `until`, or at its later lease, whatever happens to every client: a keeper that
 * lives on the node, or the node's scheduler. Only then may another worker take its place after that time, without the node's answer. A keeper
 * of the client's machine does not count, however near the node is: a local socket may lead to another machine.
 */
export async function isFencedByNode({ scheduler, residents }: Leases): Promise<boolean> {
  return scheduler !== null || ((await residents?.obeysUntil()) ?? false);
}
