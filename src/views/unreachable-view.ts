import type { Unreachable } from '../worker/locate.js';
import { printable } from './format.js';

/** A line for each backend that did not answer, marked where it is in use. */
export function noteUnreachable(note: (line: string) => void, unreachable: readonly Unreachable[]): void {
  for (const { backend, error, inUse } of unreachable) {
    const message = printable(error.message);
    if (!inUse) note(`${backend} is left out: ${message}`);
    else note([`Error: ${backend} could not be asked: ${message}`, ...(error.remedy ? [`  → ${printable(error.remedy)}`] : [])].join('\n'));
  }
}

/** Ends a sentence about what was found: ` on what answers; docker could not be asked`; empty where all in use answered. */
export function missing(unreachable: readonly Unreachable[]): string {
  const names = unreachable.flatMap(({ backend, inUse }) => (inUse ? [backend] : []));
  return names.length === 0 ? '' : ` on the backends that answer; ${names.join(' and ')} could not be asked`;
}
