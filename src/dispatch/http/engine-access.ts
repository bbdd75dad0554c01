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

/** Returns how to reach the engine of a run; `null` where it has none that listens. */
export async function engineAccess({ state, node, worker }: Run, layout: StateLayout): Promise<EngineAccess | null> {
  if (state !== 'running' || node === null || worker === null) return null;
  const { outputs } = await layout.worker(node, worker).readState();
  const access = outputs['access']?.value as Output | undefined;
  // Without outputs the worker has ended since, and the run's next state is about to be stored.
  if (!access || access.port === null) return null;
  return { node, addresses: access.addresses, port: access.port, key: access.remote_key };
}
