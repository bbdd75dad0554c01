/** Reasons why a module was stopped, or could not start. */
export const stopReasons = [
  'invalid_module',
  'import_missing',
  'start_missing',
  'unreachable',
  'out_of_bounds',
  'bad_call',
  'bad_arithmetic',
  'exception',
  'raised',
  'stack_overflow',
  'out_of_memory',
  'output_limit',
  'files_limit',
  'timed_out',
  'stopped',
  'sandbox_failed',
] as const;

export type StopReason = (typeof stopReasons)[number];

export type WasmEnd =
  /** The module returned from `_start` (0), or called `proc_exit`. */
  { ended: 'exited'; code: number } | { ended: 'stopped'; reason: StopReason; message: string };

/** An object in the tree. `path` is relative, without `.`, `..` and empty parts. */
export type TreeEntry = { kind: 'directory'; path: string } | { kind: 'file'; path: string; bytes: Uint8Array };

/** Differences between the tree at the end and the given one. */
export interface TreeChanges {
  /** Paths of given objects that are gone, directories before their contents. */
  removed: string[];
  /** New and changed objects, directories before their contents. They come after the removals. */
  written: TreeEntry[];
}

export interface WasmResult {
  end: WasmEnd;
  /** `null` where the child ended without sending its tree. */
  changes: TreeChanges | null;
}
