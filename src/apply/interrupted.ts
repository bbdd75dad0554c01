import { MayflyError } from '../errors.js';
import type { ApplyContext } from './applier.js';

/** @throws MayflyError `interrupted` after the first or the second Ctrl-C */
export function throwIfInterrupted({ stop, abort }: Pick<ApplyContext, 'stop' | 'abort'>, worker: string): void {
  if (!stop.aborted && !abort.aborted) return;
  throw new MayflyError('interrupted', {
    place: { path: worker },
    cause: 'interrupted; what was in flight is finished and saved',
    remedy: `run the same command again to go on, or \`mayfly destroy ${worker}\``,
  });
}
