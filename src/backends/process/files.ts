import { basename, posix } from 'node:path';
import { MayflyError } from '../../errors.js';
import type { WorkerFiles } from '../ports/sessions.js';
import { danglingLink } from '../shared/special-files.js';
import { localStaging } from '../shared/local-staging.js';
import { packTree } from '../shared/pack.js';
import { unpackTree } from '../shared/unpack.js';
import type { Host } from './host.js';
import { objectPath } from './objects.js';
import { folders, type ObjectRecord, parseId } from './record.js';

/**
 * A process's files. `/` and relative paths begin at its own directory, in which its volumes are linked at their mount points. Paths that lead
 * out of the worker's directories are refused.
 */
export function processFiles(host: Host, record: ObjectRecord): WorkerFiles {
  const start = record.configuration['working_dir'];
  const home = `${objectPath(host, record.id)}/${folders.home}`;
  const within = (path: string): string => {
    const real = host.system.realpath(posix.join(home, posix.join('/', path)));
    if (isWorkers(host, record, real)) return real;
    throw new MayflyError('copy_failed', {
      place: { path },
      cause: `the path leads to ${real}, which is outside of the worker's directories`,
      remedy: 'this is a file of the machine itself: copy it with cp',
    });
  };
  return {
    owner: () => Promise.resolve(null),
    workingDirectory: posix.join('/', typeof start === 'string' ? start : '.'),
    async stat(path) {
      const real = within(path);
      const stat = await host.system.stat(real);
      if (!stat) return null;
      // The path as the caller sees it: below the process's own directory.
      const shown = real.startsWith(`${home}/`) || real === home ? `/${posix.relative(home, real)}` : path;
      const special = { link: danglingLink, other: 'a FIFO, a socket or a device', directory: undefined, file: undefined }[stat.kind];
      return { path: shown, directory: stat.kind === 'directory', ...(special !== undefined && { special }) };
    },
    async read(path) {
      const real = within(path);
      return packTree(real, posix.normalize(`/${path}`) === '/' ? '.' : basename(posix.normalize(path)));
    },
    write: (directory, tar, signal) => unpackTree(tar, within(directory), null, signal),
    stage: (directory) => localStaging(within, directory),
  };
}

/** Whether a path is in a directory of the worker's processes or volumes, where its programs write. Our own files do not count. */
function isWorkers(host: Host, record: ObjectRecord, real: string): boolean {
  const root = `${host.root}/${parseId(record.id)?.worker ?? ''}/`;
  const [, folder] = real.startsWith(root) ? real.slice(root.length).split('/') : [];
  return Object.values<string>(folders).includes(folder ?? '');
}
