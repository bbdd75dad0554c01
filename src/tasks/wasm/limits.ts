/** Limits of one run of a module. */
export interface WasmLimits {
  /** Milliseconds from the start of the child until its SIGKILL. */
  timeout: number;
  /** MB of linear memory. */
  memory: number;
  /** Bytes of stdout and stderr together. */
  output: number;
  /** Bytes of the contents of all files in the tree, including the given ones. */
  files: number;
  /** Files and directories in the tree. */
  entries: number;
}

const MB = 1024 * 1024;

export const defaultLimits: WasmLimits = { timeout: 60_000, memory: 128, output: 16 * MB, files: 64 * MB, entries: 10_000 };

/** Bytes of the longest path. */
export const longestPath = 4096;
