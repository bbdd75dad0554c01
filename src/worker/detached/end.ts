import type { DetachedEnd } from '../../backends/ports/detached.js';

/** Exit code of a command that waits for a detached one: 124 is also that of `timeout` in coreutils, 143 that of a process that TERM ended. */
export function codeOfEnd(end: DetachedEnd): number {
  return end.state === 'exited' ? end.code : { timed_out: 124, stopped: 143, lost: 1 }[end.state];
}

const sentences = {
  timed_out: 'its time was up',
  stopped: 'it was stopped',
  lost: 'it is lost: its container or its wrapper was killed before its exit code was stored',
} as const;

/** Explains an end that is not the command's own, as a clause; `null`: the command ended by itself. */
export function describeEnd(end: DetachedEnd): string | null {
  return end.state === 'exited' ? null : sentences[end.state];
}
