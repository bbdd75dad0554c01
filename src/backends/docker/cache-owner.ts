import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { ContainerInspect } from './api-types.js';
import type { HttpClient } from './http-client.js';

/**
 * Gives a directory to the user of a container, for whom the daemon looks into the container's own list of users. A new volume belongs to root
 * unless the image has the directory.
 */
export async function ownDirectory(
  http: HttpClient,
  { Id, Config: { User } }: Pick<ContainerInspect, 'Id' | 'Config'>,
  path: string,
): Promise<void> {
  if (['', '0', 'root'].includes(User.split(':')[0]!)) return;
  await http.text('PUT', `/containers/${Id}/archive`, {
    query: { path: posix.dirname(path), copyUIDGID: true, noOverwriteDirNonDir: true },
    upload: Readable.from([await directoryTar(posix.basename(path))]),
    headers: { 'Content-Type': 'application/x-tar' },
  });
}

/** A tar of one directory with mode 0755. */
async function directoryTar(name: string): Promise<Buffer> {
  const { Header } = await import('tar');
  const header = new Header({ path: `${name}/`, type: 'Directory', mode: 0o755, uid: 0, gid: 0, size: 0 });
  const block = Buffer.alloc(512);
  header.encode(block, 0);
  // Two empty blocks end a tar.
  return Buffer.concat([block, Buffer.alloc(1024)]);
}
