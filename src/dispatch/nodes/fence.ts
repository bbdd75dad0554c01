import type { Leases } from '../../backends/ports/leases.js';
import { isFencedByNode } from '../../lease/node-fence.js';
import { lifetime } from '../../spec/worker-spec.js';
import type { Run } from '../run.js';

/** The nodes that end a worker at its fence by themselves, as each last answered. A node that was not asked since the start does not. */
export class NodeFences {
  private readonly obeying = new Set<string>();

  /** Asks a node. @throws MayflyError of the node */
  async ask(node: string, backend: Leases): Promise<void> {
    if (await isFencedByNode(backend)) this.obeying.add(node);
    else this.obeying.delete(node);
  }

  obeys(node: string): boolean {
    return this.obeying.has(node);
  }
}

/**
 * When no worker of the attempt lives any more where the node obeys fences: milliseconds since the epoch by our clock. The fence was computed
 * at the placement, so the node's clock then counts, and the margin covers its errors since.
 *
 * @returns `null`: unknown
 */
export function latestEndOf(
  { spec, lastTryAt, readyAt, until }: Pick<Run, 'spec' | 'lastTryAt' | 'readyAt' | 'until'>,
  margin: number,
): number | null {
  if (spec === null || lastTryAt === null) return null;
  // Only an extension of a worker that was ready has raised it.
  const extended = readyAt === null ? 0 : (until ?? 0) * 1000;
  return Math.max(lastTryAt + lifetime(spec) * 1000, extended) + margin;
}

/** When an attempt must be ready, in milliseconds since the epoch by our clock. A later process gives it no more time. */
export function readyBy({ spec, lastTryAt }: Pick<Run, 'spec' | 'lastTryAt'>): number {
  return spec === null || lastTryAt === null ? Infinity : lastTryAt + spec.create_timeout * 1000;
}
