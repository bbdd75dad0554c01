import { resolve } from 'node:path';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { userId } from '../../user.js';
import { allowing, codeOf, type System } from './system.js';

/** The machine as seen by all parts of this backend. */
export interface Host {
  system: System;
  /** The directory of all workers: absolute, without links. */
  root: string;
  clock: Clock;
  /** The user who must own the root. */
  uid: number;
  /** The environment that new processes take `PATH` and `LANG` from. */
  env: NodeJS.ProcessEnv;
}

/** `MAYFLY_PROCESS_DIR`; default: a directory of this user below `temporary`. */
export function defaultProcessRoot(env: NodeJS.ProcessEnv, temporary: string): string {
  return env['MAYFLY_PROCESS_DIR'] || resolve(temporary, `mayfly-${userId()}`);
}

/**
 * Whether the root exists.
 * @throws MayflyError `backend_refused` if it is not a private directory of this user, because other users could have made its content
 */
export async function rootExists(host: Host): Promise<boolean> {
  const stat = await host.system.stat(host.root);
  if (!stat) return false;
  const refuse = (cause: string, remedy: string) => new MayflyError('backend_refused', { cause: `${host.root} ${cause}`, remedy });
  const another = 'set MAYFLY_PROCESS_DIR to a directory of your own';
  if (stat.kind === 'link') throw refuse('is a symbolic link, but workers need a directory that no other user can replace', another);
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
      cause: `${host.root} can't be made: its parent directory does not exist`,
      remedy: 'make the parent directory, or set MAYFLY_PROCESS_DIR to another place',
      error,
    });
  }
  await rootExists(host);
}

/** Turns an error of the system into a MayflyError. A MayflyError is returned unchanged. `doing`: the failed action. */
export function failure(error: unknown, doing: string): unknown {
  const code = codeOf(error);
  if (error instanceof MayflyError || code === undefined) return error;
  const cause = `${doing}: ${error instanceof Error ? error.message : code}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new MayflyError('storage_full', { cause, remedy: 'free some space, or set MAYFLY_PROCESS_DIR to another disk', error });
  }
  return new MayflyError('backend_refused', { cause, remedy: "correct the system's error, then try again", error });
}
