import type { Change } from '../../plan/plan.js';

export type OperationKind = 'create' | 'start' | 'update' | 'delete';

/** One call of a driver. */
export interface Operation {
  /** `create docker_container.engine` */
  id: string;
  kind: OperationKind;
  change: Change;
  /** Ids of the operations that must be done before. */
  after: string[];
}

/**
 * A plan's changes as driver calls in a partial order. A resource is created after its dependencies are created, started after they are
 * started, and deleted after its dependents are deleted. So a resource is created while its dependencies still start.
 */
export function operationsOf(changes: readonly Change[], startable: (type: string) => boolean): Operation[] {
  const byAddress = new Map(changes.map((change) => [change.address, change]));
  const kindsOf = (change: Change | undefined): OperationKind[] => {
    if (!change) return [];
    const make: OperationKind[] = startable(change.type) ? ['create', 'start'] : ['create'];
    if (change.action === 'create') return make;
    if (change.action === 'replace') return ['delete', ...make];
    return change.action === 'none' ? [] : [change.action];
  };
  const has = (address: string, kind: OperationKind) => kindsOf(byAddress.get(address)).includes(kind);
  const ids = (addresses: readonly string[], ...kinds: OperationKind[]) =>
    addresses.flatMap((address) => kinds.filter((kind) => has(address, kind)).map((kind) => `${kind} ${address}`));

  const dependents = new Map<string, string[]>();
  for (const { address, dependencies } of changes) {
    for (const dependency of dependencies) dependents.set(dependency, [...(dependents.get(dependency) ?? []), address]);
  }
  return changes.flatMap((change) => {
    const { address, dependencies } = change;
    const after: Record<OperationKind, string[]> = {
      delete: ids(dependents.get(address) ?? [], 'delete'),
      create: [...ids(dependencies, 'create', 'update'), ...ids([address], 'delete')],
      start: [...ids(dependencies, 'start', 'update'), ...ids([address], 'create')],
      update: ids(dependencies, 'create', 'start', 'update'),
    };
    return kindsOf(change).map((kind) => ({ id: `${kind} ${address}`, kind, change, after: after[kind] }));
  });
}
