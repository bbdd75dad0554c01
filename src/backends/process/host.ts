import { resolve } from 'node:path';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { userId } from '../../user.js';
import { allowing, codeOf, type System } from './system.js';

/** What every part of this backend works with. */
export interface Host {
  system: System;
  /** The directory of all workers: absolute, without links. */
  root: string;
  clock: Clock;
  /** Whose the root has to be. */
  uid: number;
  /** The environment that new processes take `PATH` and `LANG` from. */
  env: NodeJS.ProcessEnv;
}

/** `MAYFLY_PROCESS_DIR`, else a directory of this user's own among the temporary ones. */
export function defaultProcessRoot(env: NodeJS.ProcessEnv, temporary: string): string {
  return env['MAYFLY_PROCESS_DIR'] || resolve(temporary, `mayfly-${userId()}`);
}

/**
 * Whether the root is there.
 * @throws MayflyError `backend_refused` when it isn't a private directory of ours: what is in it could be anyone's.
 */
export async function rootExists(host: Host): Promise<boolean> {
  const stat = await host.system.stat(host.root);
  if (!stat) return false;
  const refuse = (cause: string, remedy: string) => new MayflyError('backend_refused', { cause: `${host.root} ${cause}`, remedy });
  const another = 'set MAYFLY_PROCESS_DIR to a directory of your own';
  if (stat.kind === 'link') throw refuse('is a symbolic link, and workers need a directory that nobody can exchange', another);
  if (stat.kind !== 'directory') throw refuse('is not a directory', another);
  if (stat.uid !== host.uid) throw refuse(`belongs to user ${stat.uid}`, another);
  if ((stat.mode & 0o077) !== 0) throw refuse('can be read or written by others', `run chmod 700 ${host.root}, or ${another}`);
  return true;
}

export async function ensureRoot(host: Host): Promise<void> {
  if (await rootExists(host)) return;
  try {
    await allowing(['EEXIST'], () => host.system.makeDirectory(host.root));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw failure(error, `making ${host.root}`);
    throw new MayflyError('backend_refused', {
      cause: `${host.root} can't be made: the directory above it does not exist`,
      remedy: 'make that one, or set MAYFLY_PROCESS_DIR to another place',
      error,
    });
  }
  await rootExists(host);
}

/** The system's error as one of ours; ours stays as it is. */
export function failure(error: unknown, doing: string): unknown {
  const code = codeOf(error);
  if (error instanceof MayflyError || code === undefined) return error;
  const cause = `${doing}: ${error instanceof Error ? error.message : code}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MayflyError('storage_full', { cause, remedy: 'make room, or set MAYFLY_PROCESS_DIR to a disk that has some', error });
  }
  return new MayflyError('backend_refused', { cause, remedy: 'see to what the system says, then try again', error });
}
