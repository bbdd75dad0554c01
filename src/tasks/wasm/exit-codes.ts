import type { StopReason, WasmEnd } from './result.js';

/** Exit codes of a command for each reason why its module was stopped: those of shells and of `mayfly run`. */
const codes: Record<StopReason, number> = {
  timed_out: 124,
  output_limit: 125,
  files_limit: 125,
  sandbox_failed: 125,
  invalid_module: 126,
  import_missing: 126,
  start_missing: 126,
  // 128 + 6, as for a program that aborts.
  unreachable: 134,
  out_of_bounds: 134,
  bad_call: 134,
  bad_arithmetic: 134,
  exception: 134,
  raised: 134,
  stack_overflow: 134,
  out_of_memory: 137,
  stopped: 143,
};

/** The exit code of a command that ran a module. Codes beyond 255 are 255: no failure becomes 0. */
export function exitCodeOf(end: WasmEnd): number {
  return end.ended === 'exited' ? Math.min(end.code, 255) : codes[end.reason];
}
