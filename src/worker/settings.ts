import type { ApplierName } from '../apply/applier.js';
import type { StateBackend } from '../apply/terraform/state-backend.js';
import type { BackendName } from '../spec/worker-spec.js';

/** Settings from `mayfly.config.yaml`, `MAYFLY_*` variables and flags; `src/runtime/settings.ts` reads them. */
export interface Settings {
  /** Asked first when neither flag nor spec names one; `null`: docker, then process. */
  backend: BackendName | null;
  /** The applier that makes and carries out plans. */
  applier: ApplierName;
  /** Where terraform and tofu store states; `null`: in the workers' directories. */
  stateBackend: StateBackend | null;
  /** The number of resources that are worked on at once. */
  parallelism: number;
  /** Seconds to wait for another command's lock. */
  lockTimeout: number;
  /** Seconds from a worker's creation: `extend` moves no end beyond that. */
  maxLifetime: number;
  /** Settings of each backend, by kind and key. A kind with settings counts as in use. */
  backends: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export const defaultSettings: Settings = {
  backend: null,
  applier: 'embedded',
  stateBackend: null,
  parallelism: 10,
  lockTimeout: 0,
  maxLifetime: 2_592_000,
  backends: {},
};
