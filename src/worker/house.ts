import type { Applier, ApplierName } from '../apply/applier.js';
import type { Backend } from '../backends/ports/backend.js';
import type { Clock } from '../clock.js';
import type { Emit } from '../events.js';
import type { KeeperClient } from '../keeper/client.js';
import type { Stack } from '../plan/stack.js';
import type { Offer } from '../spec/offer.js';
import type { BackendName, WorkerSpec } from '../spec/worker-spec.js';
import type { StateLayout } from '../state/layout.js';
import type { Nodes } from './nodes.js';
import type { Settings } from './settings.js';

/** All that the use cases need from outside, chosen by whoever composes them. */
export interface House {
  clock: Clock;
  newId(): string;
  layout: StateLayout;
  settings: Settings;
  emit: Emit;
  env: Record<string, string | undefined>;
  /** Opened once; throws when it can't be (a broken docker context). */
  openBackend(name: BackendName): Promise<Backend>;
  nodes: Nodes;
  /** Throws when it can't be used with these settings. */
  openApplier(name: ApplierName): Promise<Applier>;
  synthesize(input: { spec: WorkerSpec; offer: Offer }): Promise<Stack>;
  keeper: KeeperClient;
  /** First and second Ctrl-C. */
  stop: AbortSignal;
  abort: AbortSignal;
}
