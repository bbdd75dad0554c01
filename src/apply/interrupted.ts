import { MayflyError } from '../errors.js';
import type { ApplyContext } from './applier.js';

/** @throws MayflyError `interrupted` after the first or the second Ctrl-C */
export function throwIfInterrupted({ stop, abort }: Pick<ApplyContext, 'stop' | 'abort'>, worker: string): void {
  if (stop.aborted || abort.aborted) throw interrupted(worker, 'interrupted; what was in flight is finished and saved');
}

/** An apply leaves what it has made: the worker lives on until its time is up. */
export function interrupted(worker: string, cause: string): MayflyError {
  return new MayflyError('interrupted', {
    place: { path: worker },
    cause,
    remedy: `the worker lives on until its time is up: \`mayfly destroy ${worker}\` ends it now, the same command again goes on`,
  });
}
