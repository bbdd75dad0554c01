import { chmodSync, closeSync, constants, fchmodSync, fstatSync, lstatSync, mkdirSync, openSync, type Stats } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { MayflyError } from '../errors.js';

/*
 * Files and directories that only this user can reach. Another user may have made them first (in `/tmp`, or in another shared directory),
 * to read our data or to answer in our name.
 */

/** Uses of our directories: the setting that moves the directory, and the permissions that others must not have. */
const uses = {
  // Every file in it is 0600, so others can read names only.
  state: { setting: 'MAYFLY_STATE_DIR', denied: 0o022 },
  cache: { setting: 'XDG_CACHE_HOME', denied: 0o022 },
  // Its sockets are open to all users, so the directory must not be.
  sockets: { setting: 'XDG_RUNTIME_DIR', denied: 0o077 },
  // Its parent directory guards it. Early builds of 0.1.0 made it 0755.
  guarded: { setting: 'XDG_RUNTIME_DIR', denied: 0o022 },
} as const;
export type Use = keyof typeof uses;

const permissions = 0o777;

/**
 * Makes a directory and its missing parents, each 0700 regardless of the umask. Each level under `below` is checked. `below` itself was named
 * by the user and may belong to anybody.
 *
 * @throws MayflyError `state_unreadable` if a level is a link, no directory, another user's, or open to others; the system's errors
 */
export function makePrivate(path: string, below: string, use: Use = 'state'): void {
  make(resolve(below));
  for (const level of levels(path, below)) {
    make(level);
    assertOurs(level, lstatSync(level), 'directory', use);
  }
}

/** Whether a directory and each level under `below` exists, can be reached, and is private. @throws the system's errors */
export function isOurs(path: string, below: string, use: Use = 'state'): boolean {
  try {
    for (const level of levels(path, below)) {
      const stat = lstatSync(level, { throwIfNoEntry: false });
      if (!stat) return false;
      assertOurs(level, stat, 'directory', use);
    }
    return true;
  } catch (error) {
    if (error instanceof MayflyError || unreachable.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

const unreachable = ['EACCES', 'ENOTDIR'];

/**
 * Opens a private regular file, never through a link. `flags`: of `fs.constants`. With O_CREAT a missing file is made, and the file becomes
 * 0600 regardless of the umask.
 *
 * @returns its descriptor
 * @throws MayflyError `state_unreadable` if it belongs to another user, or is no regular file; the system's errors
 */
export function openPrivate(path: string, flags: number): number {
  const { O_NOFOLLOW, O_NONBLOCK, O_CREAT } = constants;
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link?.isSymbolicLink()) assertOurs(path, link, 'file');
  // O_NONBLOCK: opening a FIFO that another user made must not block.
  const file = openSync(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stat = fstatSync(file);
    assertOurs(path, stat, 'file');
    if ((flags & O_CREAT) !== 0 && (stat.mode & permissions) !== 0o600) fchmodSync(file, 0o600);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

const kinds = {
  directory: (stat: Stats) => stat.isDirectory(),
  file: (stat: Stats) => stat.isFile(),
  socket: (stat: Stats) => stat.isSocket(),
};

/** Accepts root as an owner too: root can change everything anyway. @throws MayflyError `state_unreadable` */
export function assertOurs(path: string, stat: Stats, kind: keyof typeof kinds, use: Use = 'state'): void {
  const own = process.geteuid?.();
  const { setting } = uses[use];
  const refuse = (cause: string, remedy = 'remove it') =>
    new MayflyError('state_unreadable', {
      place: { file: path },
      cause,
      remedy: `${remedy}, or set ${setting} to a directory of your own`,
    });
  if (stat.isSymbolicLink()) throw refuse('is a symbolic link, which could lead to a place of another user');
  if (!kinds[kind](stat)) throw refuse(`is not a ${kind}`);
  if (own === undefined) return;
  if (stat.uid !== own && stat.uid !== 0) throw refuse(`belongs to user ${stat.uid}, but mayfly runs as user ${own}`);
  if ((stat.mode & deniedTo(kind, use)) === 0) return;
  const mode = kind === 'directory' ? '700' : '600';
  throw refuse('is open to other users', `check its content and run chmod ${mode} ${path}`);
}

function deniedTo(kind: keyof typeof kinds, use: Use): number {
  if (kind === 'directory') return uses[use].denied;
  // A user who may write to a socket may connect to it. A file is guarded by its directory: terraform leaves the mode to the umask.
  return kind === 'socket' ? 0o022 : 0;
}

/** The directories from just under `below` down to `path`. */
function levels(path: string, below: string): string[] {
  const parts = relative(below, path).split(sep).filter(Boolean);
  return parts.map((_, index) => join(resolve(below), ...parts.slice(0, index + 1)));
}

function make(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  if (dirname(path) !== path) make(dirname(path));
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    // Another command has made it at the same time.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  // An unusual umask may have removed the owner's own permissions.
  if ((lstatSync(path).mode & permissions) !== 0o700) chmodSync(path, 0o700);
}
