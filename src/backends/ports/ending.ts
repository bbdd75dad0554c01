import type { ContainerReport } from '../../state/container-report.js';
import type { OwnedObject } from './owned-object.js';

export type { ContainerReport } from '../../state/container-report.js';

export interface Removal {
  worker: string;
  /** The worker's objects of the last look. */
  objects: readonly OwnedObject[];
  /**
   * Called right before the removal of each object; `false`: the object stays. `null`: all objects of the worker are removed, also those
   * created since the look.
   */
  may: ((object: OwnedObject) => Promise<boolean>) | null;
}

/** The three steps of an end, composed by `lease/`: `stop`, `report`, `remove`. Each is idempotent; a missing object is success. */
export interface Ending {
  /**
   * Stops a worker's processes: TERM, KILL after 10 s. The objects stay, so that their last lines can be read.
   *
   * @returns `objects` with their new states
   */
  stop(worker: string, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<OwnedObject[]>;
  /**
   * Returns exit codes and last lines of a worker's containers, for errors and history. A container that runs in `objects` is reported as
   * running, though it may have been stopped since. Without `objects`, it lists them itself.
   */
  report(worker: string, objects?: readonly OwnedObject[]): Promise<ContainerReport[]>;
  /** Removes objects: containers and processes first, the lease last. A running object is stopped first. */
  remove(removal: Removal, signal?: AbortSignal): Promise<void>;
  /** Removes the shared objects of `Making.prepare` that no worker needs. @returns their names for people, such as `the network mayfly` */
  tidy(options: { dryRun: boolean }): Promise<string[]>;
}
