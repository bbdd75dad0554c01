import type { ContainerReport } from '../../state/container-report.js';
import type { OwnedObject } from './owned-object.js';

export type { ContainerReport } from '../../state/container-report.js';

export interface Removal {
  worker: string;
  /** What was seen of the worker. */
  objects: readonly OwnedObject[];
  /**
   * Asked right before each object is removed; where it answers no, the object stays. `null`: all of the worker is removed, also what
   * was made since `objects` were seen.
   */
  may: ((object: OwnedObject) => Promise<boolean>) | null;
}

/** The three steps of an end, composed by `lease/`: `stop`, `report`, `remove`. Each is idempotent; what is gone already is success. */
export interface Ending {
  /**
   * Ends what runs of a worker and leaves it there, so that its last words can be read: TERM, 10 s, KILL.
   *
   * @returns `objects` as they are afterwards
   */
  stop(worker: string, objects: readonly OwnedObject[], signal?: AbortSignal): Promise<OwnedObject[]>;
  /**
   * Exit codes and last lines of a worker's containers, for errors and history. A container that runs in `objects` is reported as
   * running, though it may have been stopped since. Absent: the containers are looked up.
   */
  report(worker: string, objects?: readonly OwnedObject[]): Promise<ContainerReport[]>;
  /** Removes objects: what computes first, the lease last. What still runs is stopped before. */
  remove(removal: Removal, signal?: AbortSignal): Promise<void>;
  /** Removes what `Making.prepare` made, once no worker needs it. @returns what was removed, or would be, for people: `the network mayfly` */
  tidy(options: { dryRun: boolean }): Promise<string[]>;
}
