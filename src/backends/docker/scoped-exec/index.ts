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
   * Where to listen; its directory exists and guards it, since the socket itself is open to all (the engine may run as any user).
   * What is there is replaced.
   */
  path: string;
  /**
   * The containers of the worker that commands may be run in, as they are now, by label: executors and services. Without the engine: a command
   * in it would give each of its processes, whatever their user, the user and the keys of its first.
   */
  containers(): Promise<readonly OwnContainer[]>;
  clock: Clock;
  log: Log;
}

/** Clients at once; a worker must not use up its keeper's descriptors. */
const mostConnections = 256;

/** Execs remembered, 100 bytes or so each. */
const mostExecs = 10_000;

/** Milliseconds for one step of a client: from the first byte of a request to its last, to read an answer, to leave. */
const requestTime = 30_000;

/**
 * Serves a Docker API that can run commands in a worker's own containers, and nothing else: docs/scoped-exec.md.
 *
 * @returns once clients can connect; `close` cuts all streams and takes the socket away
 * @throws MayflyError `settings_invalid` when the path is too long for a socket of this system
 */
export async function serveScopedExec(options: ScopedExecOptions): Promise<{ close(): Promise<void> }> {
  const { clock } = options;
  const log = quietLog(options.log, clock);
  const sockets = new Set<Socket>();
  const context: ConnectionContext = {
    endpoint: options.endpoint,
    clock,
    execs: new ExecMemory(mostExecs),
    idle: new Set(),
    containers: () => options.containers(),
    patience: (signal) => clock.sleep(requestTime, signal),
    onRefusal: (why, method, target) => log.warn({ method, target: target.slice(0, 200), why }, 'scoped exec: refused'),
    onFailure: (error) => log.warn({ err: error }, 'scoped exec: the docker daemon does not answer'),
  };
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    sockets.add(socket);
    if (sockets.size > mostConnections) {
      const [longestIdle = socket] = context.idle;
      sockets.delete(longestIdle.destroy());
      context.idle.delete(longestIdle);
    }
    // A client that goes away is no error of ours; what it had open is cleared when the socket closes.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    serveConnection(socket, context).catch((error: unknown) => {
      log.warn({ err: error }, 'scoped exec: a connection failed');
      socket.destroy();
    });
  });
  // The process may be out of descriptors for a while: the next client may have more luck.
  server.on('error', (error) => log.warn({ err: error }, 'scoped exec: a client could not be let in'));
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
 * Binds beside the path and moves the socket there, so that there is no moment without one. The engine may write to the directory: nothing
 * here follows a link that it put there, which is why the mode comes from the umask and not from a chmod.
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

/** Leaves the socket of a keeper that took over meanwhile. */
async function removeOwn(path: string, inode: bigint): Promise<void> {
  try {
    if ((await lstat(path, { bigint: true })).ino === inode) await unlink(path);
  } catch (error) {
    // Gone already, with or without its directory.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
