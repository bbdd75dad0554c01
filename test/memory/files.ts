import { mkdtempSync, realpathSync } from 'node:fs';
import { realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, posix, relative } from 'node:path';
import type { WorkerFiles } from '../../src/backends/ports/sessions.js';
import { localStaging } from '../../src/backends/shared/local-staging.js';
import { packTree } from '../../src/backends/shared/pack.js';
import { unpackTree } from '../../src/backends/shared/unpack.js';

/** The one thing that is not in memory: the files of a container lie in a temporary directory, made when they are first asked for. */
const roots = new Map<string, string>();

export function filesOf(id: string): WorkerFiles {
  const root = roots.get(id) ?? realpathSync(mkdtempSync(join(tmpdir(), 'mayfly-memory-')));
  roots.set(id, root);
  const within = (path: string) => join(root, posix.join('/', path));
  return {
    workingDirectory: '/',
    owner: () => Promise.resolve(null),
    async stat(path) {
      const real = await realpath(within(path)).catch(() => null);
      if (real === null) return null;
      return { path: `/${relative(root, real)}`, directory: (await stat(real)).isDirectory() };
    },
    read: (path) => packTree(within(path), posix.normalize(`/${path}`) === '/' ? '.' : basename(posix.normalize(path))),
    write: (directory, tar, signal) => unpackTree(tar, within(directory), null, signal),
    stage: (directory) => localStaging(within, directory),
  };
}

/** Removes the files of all containers. */
export async function removeFiles(): Promise<void> {
  await Promise.all([...roots.values()].map((root) => rm(root, { recursive: true, force: true })));
  roots.clear();
}
