import { MayflyError } from '../errors.js';
import type { ApplyContext } from './applier.js';

/** @throws MayflyError `interrupted` after the first or the second Ctrl-C */
export function throwIfInterrupted({ stop, abort }: Pick<ApplyContext, 'stop' | 'abort'>, worker: string): void {
  if (stop.aborted || abort.aborted) throw interrupted(worker, 'interrupted; running operations were finished and saved');
}

/** The error of an interrupted apply. Objects that it has made stay until the worker expires. */
export function interrupted(worker: string, cause: string): MayflyError {
  return new MayflyError('interrupted', {
    place: { path: worker },
    cause,
    remedy: `the worker lives until it expires: \`mayfly destroy ${worker}\` ends it now; run the same command again to continue`,
  });
}
