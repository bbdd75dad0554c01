import type { OwnedObject } from '../../src/backends/ports/owned-object.js';

const own = { worker: 'one', address: 'thing.engine' };

/** Born at 100 s, with a lifetime of 60 s. */
export function object(more: Partial<OwnedObject>): OwnedObject {
  const rest = { id: 'a', name: 'a', type: 'thing', createdAt: 100_000, status: 'running' as const, exitCode: null };
  return { ...own, ...rest, labels: { ...own, lifetime: 60 }, ...more };
}
