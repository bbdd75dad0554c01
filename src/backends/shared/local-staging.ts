import { mkdtemp, rm } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import type { Staging } from '../ports/sessions.js';
import { moveTree } from './move-tree.js';
import { notCopiedBecause } from './not-copied.js';
import { packTree } from './pack.js';
import { unpackTree } from './unpack.js';

/** The start of the name of a staging directory. */
export const stagingPrefix = '.mayfly-transfer-';

/**
 * Makes a staging directory in a local one. `real`: returns the local path of a path in the container.
 *
 * @throws MayflyError `copy_failed` where it cannot be made
 */
export async function localStaging(real: (path: string) => string, directory: string): Promise<Staging> {
  const made = await mkdtemp(join(real(directory), stagingPrefix)).catch((error: unknown) => {
    throw notCopiedBecause(error);
  });
  /** The last part of a path is never followed where it is a link. */
  const placeOf = (to: string) => {
    const whole = posix.resolve('/', to);
    return whole === posix.resolve('/', directory) ? real(whole) : join(real(posix.dirname(whole)), basename(whole));
  };
  return {
    path: join(directory, basename(made)),
    write: (tar, signal) => unpackTree(tar, made, null, signal),
    read: (path) => packTree(join(made, path), path === '' ? '.' : basename(path)),
    async place(path, to) {
      await moveTree(join(made, path), placeOf(to)).catch((error: unknown) => {
        throw notCopiedBecause(error);
      });
    },
    remove: () => rm(made, { recursive: true, force: true }),
  };
}
