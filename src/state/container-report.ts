/** Status of an object. `created`: made, but never started. `present`: the object exists and has nothing to run. */
export type ObjectStatus = 'created' | 'running' | 'exited' | 'present';

/** Status or end of a container, with its last lines of output; stored in the history. */
export interface ContainerReport {
  /** `engine`, or the container's name in the spec. */
  container: string;
  status: ObjectStatus;
  exitCode: number | null;
  /** The container was killed because it used more memory than its limit. */
  outOfMemory: boolean;
  /** Its memory limit in MB. Absent where it has none, and where the backend did not report it. */
  memoryLimit?: number;
  /** The oldest line first, at most 20 lines. */
  lastLines: string[];
}
