import { posix } from 'node:path';
import { Readable } from 'node:stream';
import type { ContainerInspect } from './api-types.js';
import type { HttpClient } from './http-client.js';

/** As `/tmp`: every user writes, and removes only own files. */
const mode = 0o1777;

/** Makes a directory writable for the user of a container. A new volume belongs to root, so root needs nothing. */
export async function openDirectory(
  http: HttpClient,
  { Id, Config: { User } }: Pick<ContainerInspect, 'Id' | 'Config'>,
  path: string,
): Promise<void> {
  if (['', '0', 'root'].includes(User.split(':')[0]!)) return;
  await http.text('PUT', `/containers/${Id}/archive`, {
    query: { path: posix.dirname(path), noOverwriteDirNonDir: true },
    upload: Readable.from([await directoryTar(posix.basename(path))]),
    headers: { 'Content-Type': 'application/x-tar' },
  });
}

/** A tar of one directory. The daemon gives an existing directory the owner and mode of the entry. */
async function directoryTar(name: string): Promise<Buffer> {
  const { Header } = await import('tar');
  const block = Buffer.alloc(512);
  new Header({ path: `${name}/`, type: 'Directory', mode, uid: 0, gid: 0, size: 0 }).encode(block, 0);
  // Two empty blocks end a tar.
  return Buffer.concat([block, Buffer.alloc(1024)]);
}
