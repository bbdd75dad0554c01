import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { isCode } from '../../state/atomic-file.js';
import { MayflyError } from '../../errors.js';

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Locks a directory for this process, by an abstract unix socket that is named by the directory's device and inode. The kernel keeps it while
 * the process is stopped, and releases it when the process dies, however it dies. Linux only. Processes in other network namespaces (containers)
 * are not excluded.
 *
 * @throws MayflyError `state_locked` if another process has the lock
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { dev, ino } = statSync(directory, { bigint: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(isCode(error, 'EADDRINUSE') ? locked(directory, error) : error));
    server.listen(`\0mayfly-dispatch-${dev}-${ino}`, resolve);
  });
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

export function locked(directory: string, error: unknown): MayflyError {
  return new MayflyError('state_locked', {
    place: { file: directory },
    cause: 'another mayfly serve uses this directory',
    remedy: 'stop it, or give this one a directory of its own',
    error,
  });
}
