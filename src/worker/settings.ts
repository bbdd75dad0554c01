import type { ApplierName } from '../apply/applier.js';
import type { StateBackend } from '../apply/terraform/state-backend.js';
import type { BackendName } from '../spec/worker-spec.js';

/** What `mayfly.config.yaml`, `MAYFLY_*` and flags decide; see `src/runtime/settings.ts` for where each comes from. */
export interface Settings {
  /** Asked first when neither flag nor spec names one; `null`: docker, then process. */
  backend: BackendName | null;
  /** What tells and carries out plans. */
  applier: ApplierName;
  /** Where the CLIs keep states; `null`: in the workers' directories. */
  stateBackend: StateBackend | null;
  /** How many resources are worked on at once. */
  parallelism: number;
  /** Seconds to wait for another command's lock. */
  lockTimeout: number;
  /** The most seconds that `extend` may move a lease to, from the worker's creation. */
  maxLifetime: number;
  /** Settings of the backends' own, by kind and key; a kind that has some is in use. */
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
