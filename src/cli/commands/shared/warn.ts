import { formatPlace, type Problem } from '../../../errors.js';
import type { Emit } from '../../../events.js';

/** Reports the warnings of a spec file. */
export function warn({ call }: { call: { emit: Emit } }, warnings: readonly Problem[]): void {
  for (const { place, cause, remedy } of warnings) {
    call.emit({ type: 'warning', message: [[formatPlace(place), cause].filter(Boolean).join(': '), remedy].filter(Boolean).join('; ') });
  }
}
