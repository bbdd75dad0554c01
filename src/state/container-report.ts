/** How an object is doing. `created`: made, never started; `present`: there is nothing to run. */
export type ObjectStatus = 'created' | 'running' | 'exited' | 'present';

/** How one container ended or is doing, with its last lines; kept in the history. */
export interface ContainerReport {
  /** `engine`, or the container's name in the spec. */
  container: string;
  status: ObjectStatus;
  exitCode: number | null;
  /** Killed for using more memory than it asked for. */
  outOfMemory: boolean;
  /** Oldest first, 20 at most. */
  lastLines: string[];
}
