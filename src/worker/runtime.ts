import type { Applier, ApplierName } from '../apply/applier.js';
import type { Backend } from '../backends/ports/backend.js';
import type { Clock } from '../clock.js';
import type { KeeperStatus } from '../keeper/client.js';
import type { WatchRequest } from '../keeper/protocol.js';
import type { Stack } from '../plan/stack.js';
import type { Offer } from '../spec/offer.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import type { StateLayout } from '../state/layout.js';
import type { Nodes } from './nodes.js';
import type { Settings } from './settings.js';

/** What the use cases need from outside. It lives with the process; `runtime/` makes it. */
export interface Runtime {
  clock: Clock;
  newId(): string;
  layout: StateLayout;
  settings: Settings;
  env: Record<string, string | undefined>;
  nodes: Nodes;
  /** Opens a node once. @throws MayflyError where it cannot be opened, as with a docker context that does not exist */
  openNode(node: string): Promise<Backend>;
  /** @throws MayflyError where these settings rule the applier out */
  openApplier(name: ApplierName): Promise<Applier>;
  synthesize(input: { spec: WorkerSpec; offer: Offer }): Promise<Stack>;
  keeper: Keeper;
}

/** The process that ends workers in time. */
export interface Keeper {
  /** Makes sure that a keeper watches the node. @throws MayflyError `not_armed` */
  arm(request: WatchRequest): Promise<Hold>;
  /** Starts a keeper if none answers, without waiting for it. */
  wake(): Promise<void>;
  /** The same, if a keeper should be there. */
  revive(): Promise<void>;
  status(): Promise<KeeperStatus>;
}

/** A keeper that stays at least until it is released. */
export interface Hold {
  /** Aborts when no keeper can be had any more; its reason is a MayflyError `not_armed`. */
  readonly lost: AbortSignal;
  /** @returns the keeper's pid. @throws MayflyError `not_armed` */
  pid(): Promise<number>;
  /** Asks whether the keeper still answers. @returns its pid. @throws MayflyError `not_armed` */
  confirm(): Promise<number>;
  release(): void;
}
