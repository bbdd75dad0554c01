import type { StateLayout } from '../../state/layout.js';
import type { Run } from '../run.js';

/** How to reach the engine of a worker. */
export interface EngineAccess {
  node: string;
  addresses: string[];
  port: number;
  /** The key that whoever connects to the engine shows. */
  key: string;
}

/** The output `access`, as stacks make it. */
interface Output {
  addresses: string[];
  port: number | null;
  remote_key: string;
}

/** Returns how to reach the engine of a run, or why nobody ever can; `null` while it is not running. */
export async function engineAccess(
  { state, node, worker, maker }: Run,
  layout: StateLayout,
): Promise<EngineAccess | { unreachable: string } | null> {
  if (state !== 'running' || node === null || worker === null) return null;
  if (maker !== null) return { unreachable: 'the run was imported, and the key of its engine is in no export' };
  const { outputs } = await layout.worker(node, worker).readState();
  const access = outputs['access']?.value as Output | undefined;
  // Without outputs the worker has ended since, and the run's next state is about to be stored.
  if (!access) return null;
  if (access.port === null) return { unreachable: 'the engine of the run has no port' };
  return { node, addresses: access.addresses, port: access.port, key: access.remote_key };
}
