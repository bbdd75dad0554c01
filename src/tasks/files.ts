/** A path in a container of a run's worker. */
export interface RunPath {
  run: string;
  container: string;
  path: string;
}

/** Files that a task gets from workers of other runs before its command begins, and that it gives to them after an exit with 0. */
export interface TaskFiles {
  in: readonly { from: RunPath; to: string }[];
  out: readonly { from: string; to: RunPath }[];
}

export const noFiles: TaskFiles = { in: [], out: [] };
