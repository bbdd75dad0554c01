import { randomBytes } from 'node:crypto';
import { lstat, rename, unlink } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../../clock.js';
import { listenIn } from '../../../state/private-socket.js';
import type { Endpoint } from '../endpoint.js';
import { type ConnectionContext, serveConnection } from './connection.js';
import { ExecMemory } from './exec-memory.js';
import type { OwnContainer } from './own-containers.js';
import { type Log, quietLog } from './quiet-log.js';

export interface ScopedExecOptions {
  /** The daemon. */
  endpoint: Endpoint;
  /**
   * Path of the socket; an existing file is replaced. Its directory must exist and be private, because the socket itself is open to all users
   * (the engine may run as any user).
   */
  path: string;
  /**
   * The containers of the worker in which commands may run now, found by label: executors and services. The engine is not among them: a command
   * in it would give each process in the engine, of any user, the user and the keys of the engine's first process.
   */
  containers(): Promise<readonly OwnContainer[]>;
  clock: Clock;
  log: Log;
}

/** Largest number of clients at once, so that a worker does not use up its keeper's descriptors. */
const maxConnections = 256;

/** Largest number of stored execs, about 100 bytes each. */
const maxExecs = 10_000;

/** Milliseconds for each step of a client: to send a whole request, to read an answer, to close the connection. */
const requestTime = 30_000;

/**
 * Serves a Docker API that can run commands in a worker's own containers, and nothing else: docs/scoped-exec.md.
 *
 * @returns when clients can connect; `close` cuts all streams and removes the socket
 * @throws MayflyError `settings_invalid` if the path is too long for a socket on this system
 */
export async function serveScopedExec(options: ScopedExecOptions): Promise<{ close(): Promise<void> }> {
  const { clock } = options;
  const log = quietLog(options.log, clock);
  const sockets = new Set<Socket>();
  const context: ConnectionContext = {
    endpoint: options.endpoint,
    clock,
    execs: new ExecMemory(maxExecs),
    idle: new Set(),
    containers: () => options.containers(),
    patience: (signal) => clock.sleep(requestTime, signal),
    onRefusal: (why, method, target) => log.warn({ method, target: target.slice(0, 200), why }, 'scoped exec: refused'),
    onFailure: (error) => log.warn({ err: error }, 'scoped exec: the docker daemon does not answer'),
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    if (sockets.size > maxConnections) {
      const [longestIdle = socket] = context.idle;
      sockets.delete(longestIdle.destroy());
      context.idle.delete(longestIdle);
    }
    // A client may disconnect at any time. Its open streams are closed when its socket closes.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    serveConnection(socket, context).catch((error: unknown) => {
      log.warn({ err: error }, 'scoped exec: a connection failed');
      socket.destroy();
    });
  });
  // The process may be out of descriptors for a while. The server continues with the next client.
  server.on('error', (error) => log.warn({ err: error }, 'scoped exec: a client could not connect'));
  const inode = await listen(server, options.path);
  return {
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await removeOwn(options.path, inode);
    },
  };
}

/**
 * Binds the socket beside the path and then renames it, so that the path always has a socket. The engine may write to the directory, so nothing
 * here follows links: the mode comes from the umask, not from chmod.
 *
 * @returns the socket's inode
 */
async function listen(server: Server, path: string): Promise<bigint> {
  const temporary = `${basename(path)}.${randomBytes(4).toString('hex')}`;
  await listenIn(server, dirname(path), temporary, 0o666);
  try {
    await rename(join(dirname(path), temporary), path);
    return (await lstat(path, { bigint: true })).ino;
  } catch (error) {
    server.close();
    throw error;
  }
}

/** Removes our own socket, but not that of a keeper that has taken over meanwhile. */
async function removeOwn(path: string, inode: bigint): Promise<void> {
  try {
    if ((await lstat(path, { bigint: true })).ino === inode) await unlink(path);
  } catch (error) {
    // The socket or its directory is already removed.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
