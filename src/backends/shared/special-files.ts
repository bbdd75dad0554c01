import type { Stats } from 'node:fs';
import { MayflyError } from '../../errors.js';

/** Names the kind of a special file, which a copy neither reads nor replaces; `undefined`: a file, a directory or a link. */
export function specialOf(stat: Stats): string | undefined {
  if (stat.isCharacterDevice()) return 'a device';
  if (stat.isBlockDevice()) return 'a block device';
  if (stat.isFIFO()) return 'a FIFO';
  return stat.isSocket() ? 'a socket' : undefined;
}

export const danglingLink = 'a link that leads nowhere';

/** @throws MayflyError `copy_failed` for a special file */
export function assertReplaceable(path: string, special: string | undefined): void {
  if (special !== undefined) throw notReplaced(path, special);
}

export function notReplaced(path: string, special: string): MayflyError {
  return new MayflyError('copy_failed', {
    place: { path },
    cause: `is ${special}, which a copy would replace`,
    remedy: 'name another place, or remove it first',
  });
}

export function notCopied(path: string, special: string): MayflyError {
  return new MayflyError('copy_failed', {
    place: { path },
    cause: `is ${special}, and not a file or a directory`,
    remedy: 'write its output to a file, then copy that file',
  });
}
