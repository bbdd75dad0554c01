import { closeSync, constants, fstatSync, lstatSync, openSync, rmSync, type Stats } from 'node:fs';
import { connect, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { MayflyError } from '../errors.js';
import { assertOurs } from './private-path.js';

/*
 * Unix sockets whose path may have any length, and whose owner is known. On Linux a descriptor stands for the place: what was checked is
 * what is connected to, and its address is short.
 */

/** A descriptor of a name and nothing more: Linux's O_PATH, which Node has no constant for. */
const pathOnly = 0o10000000;
const onLinux = process.platform === 'linux';

/** The longest path that a socket's address holds on every other system. */
const longestAddress = 103;

/**
 * Connects to a socket of ours. `null` when nobody answers.
 * @throws MayflyError `state_unreadable` when it is another user's, or others may connect to it
 */
export async function dialOwn(path: string): Promise<Socket | null> {
  return dial(path, (stat) => assertOurs(path, stat, 'socket'));
}

/** Connects to a socket, whoever made it. `null` when nobody answers. */
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
    // The listener stays: an error that comes later is not thrown at the process.
    socket.once('connect', () => resolve(socket)).on('error', reject);
  });
}

/** Removes the socket that a killed process of ours left. @throws MayflyError `state_unreadable` when it is not ours; the system's errors */
export function removeLeftSocket(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  assertOurs(path, stat, 'socket');
  rmSync(path, { force: true });
}

/**
 * Listens at a name in a directory. The socket is born with `mode`, whatever the umask. Nothing may be there yet.
 * @throws MayflyError `settings_invalid` where the path is too long for this system; the system's errors
 */
export async function listenIn(server: Server, directory: string, name: string, mode: number): Promise<void> {
  const held = onLinux ? openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY) : null;
  const address = join(held === null ? directory : `/proc/self/fd/${held}`, name);
  try {
    if (held === null && Buffer.byteLength(address) > longestAddress) {
      throw new MayflyError('settings_invalid', {
        place: { file: address },
        cause: `the path of a socket has at most ${longestAddress} bytes on this system`,
        remedy: 'set MAYFLY_STATE_DIR to a directory with a shorter path',
      });
    }
    await bound(server, address, mode);
  } catch (error) {
    if (held !== null) closeSync(held);
    throw error;
  }
  // A server that closes removes its name by the address that it was given.
  if (held !== null) server.once('close', () => closeSync(held));
}

async function bound(server: Server, address: string, mode: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', () => resolve(void server.off('error', reject)));
    // Bound within the call, so nothing else of ours sees the umask changed.
    const mask = process.umask(0o777 & ~mode);
    try {
      server.listen(address);
    } finally {
      process.umask(mask);
    }
  });
}
