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

/** The parts that use cases work with. It lives as long as the process; `src/runtime/` makes it. */
export interface Runtime {
  clock: Clock;
  newId(): string;
  layout: StateLayout;
  settings: Settings;
  env: Record<string, string | undefined>;
  nodes: Nodes;
  /** Returns the node's backend, opened at the first call. @throws MayflyError where it cannot be opened, such as a missing docker context */
  openNode(node: string): Promise<Backend>;
  /** @throws MayflyError where the settings exclude the applier */
  openApplier(name: ApplierName): Promise<Applier>;
  synthesize(input: { spec: WorkerSpec; offer: Offer }): Promise<Stack>;
  keeper: Keeper;
}

/** The process that ends workers in time. */
export interface Keeper {
  /** Returns once a keeper watches the node. @throws MayflyError `not_armed` */
  arm(request: WatchRequest): Promise<Hold>;
  /** Starts a keeper if none answers, without waiting for it. */
  wake(): Promise<void>;
  /** Starts a keeper if none answers and an earlier one left backends to watch, without waiting for it. */
  revive(): Promise<void>;
  status(): Promise<KeeperStatus>;
}

/** A claim on a keeper: it runs at least until the release. */
export interface Hold {
  /** Aborts when the keeper has ended and no other can be started; its reason is a MayflyError `not_armed`. */
  readonly lost: AbortSignal;
  /** @returns the keeper's pid. @throws MayflyError `not_armed` */
  pid(): Promise<number>;
  /** Asks whether the keeper still answers. @returns its pid. @throws MayflyError `not_armed` */
  confirm(): Promise<number>;
  release(): void;
}
