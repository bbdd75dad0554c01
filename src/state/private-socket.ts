import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync, type Stats } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { MayflyError } from '../errors.js';
import { assertOurs } from './private-path.js';

/*
 * Unix sockets with paths of any length and a checked owner. On Linux, an open descriptor replaces the path: the checked socket is the one
 * that is connected, and its address is short.
 */

/** Linux's O_PATH, for which Node has no constant: the descriptor names a file without opening it. */
const pathOnly = 0o10000000;
const onLinux = process.platform === 'linux';

/** Longest path of a socket's address, in bytes, that all other systems accept. */
const maxAddress = 103;

/**
 * Connects to a private socket. `null` if nobody answers.
 * @throws MayflyError `state_unreadable` if it belongs to another user, or others may connect to it
 */
export async function dialOwn(path: string): Promise<Socket | null> {
  return dial(path, (stat) => assertOurs(path, stat, 'socket'));
}

/** Connects to a socket of any owner. `null` if nobody answers. */
export async function dialAny(path: string): Promise<Socket | null> {
  return dial(path, () => {});
}

async function dial(path: string, check: (stat: Stats) => void): Promise<Socket | null> {
  let held: number | null = null;
  try {
    held = onLinux ? openSync(path, pathOnly | constants.O_NOFOLLOW) : null;
    check(held === null ? lstatSync(path) : fstatSync(held));
    return await connected(held === null ? path : `/proc/self/fd/${held}`);
  } catch (error) {
    if (error instanceof MayflyError) throw error;
    return null;
  } finally {
    if (held !== null) closeSync(held);
  }
}

function connected(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    // The listener stays, so that a later error does not end the process.
    socket.once('connect', () => resolve(socket)).on('error', reject);
  });
}

/** Removes the socket that a killed process left. @throws MayflyError `state_unreadable` if it is not private; the system's errors */
export function removeLeftSocket(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  assertOurs(path, stat, 'socket');
  rmSync(path, { force: true });
}

/**
 * Listens on a new socket in a directory. The socket has `mode` from its creation, regardless of the umask. No file of this name may exist.
 * @throws MayflyError `settings_invalid` if the path is too long for this system; the system's errors
 */
export async function listenIn(server: Server, directory: string, name: string, mode: number): Promise<void> {
  const held = onLinux ? openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY) : null;
  const address = join(held === null ? directory : `/proc/self/fd/${held}`, name);
  try {
    if (held === null && Buffer.byteLength(address) > maxAddress) {
      throw new MayflyError('settings_invalid', {
        place: { file: address },
        cause: `the path of a socket has at most ${maxAddress} bytes on this system`,
        remedy: 'set MAYFLY_STATE_DIR to a directory with a shorter path',
      });
    }
    await bound(server, address, mode);
  } catch (error) {
    if (held !== null) closeSync(held);
    throw error;
  }
  // A closing server removes its socket by this address, so the descriptor must stay open until then.
  if (held !== null) server.once('close', () => closeSync(held));
}

async function bound(server: Server, address: string, mode: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', () => resolve(void server.off('error', reject)));
    // listen() binds synchronously, so no other code runs with the changed umask.
    const mask = process.umask(0o777 & ~mode);
    try {
      server.listen(address);
    } finally {
      process.umask(mask);
    }
  });
}
