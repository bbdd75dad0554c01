import { lstat, readlink, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { create } from 'tar';
import { unpackTree } from '../../../src/backends/shared/unpack.js';
import { tempDir } from '../temp-dir.js';
import { Refusal, type Route } from './http.js';
import { findContainer } from './lookup.js';
import type { FakeState } from './state.js';

/** Files of containers: each has a directory of this machine, empty at first. */
export function archiveRoutes(state: FakeState): Route[] {
  const { roots } = state;
  const place = async (id = '', path: string | null) => {
    const container = findContainer(state, id);
    if (!path) throw new Refusal(400, 'bad parameter: path');
    const root = roots.get(container.id) ?? tempDir('fake-files');
    roots.set(container.id, root);
    const full = join(await root, posix.join('/', path));
    const found = await lstat(full).catch(() => null);
    if (!found) throw new Refusal(404, `Could not find the file ${path} in container ${id}`);
    return { root: await root, full, found };
  };
  const pathStat = async ({ root, full, found }: Awaited<ReturnType<typeof place>>) => {
    const link = found.isSymbolicLink() ? posix.resolve('/', dirname(full).slice(root.length) || '/', await readlink(full)) : '';
    const mode = (found.mode & 0o777) + (found.isDirectory() ? 2 ** 31 : 0) + (link ? 2 ** 27 : 0);
    return Buffer.from(JSON.stringify({ name: basename(full), size: found.size, mode, linkTarget: link })).toString('base64');
  };
  const archive = /^\/containers\/([^/]+)\/archive$/;
  return [
    [
      'HEAD',
      archive,
      async ({ params, query, res }) => {
        const header = await pathStat(await place(params[0], query.get('path')));
        return void res?.writeHead(200, { 'X-Docker-Container-Path-Stat': header }).end() as undefined;
      },
    ],
    [
      'GET',
      archive,
      async ({ params, query, res }) => {
        const at = await place(params[0], query.get('path'));
        res?.writeHead(200, { 'Content-Type': 'application/x-tar', 'X-Docker-Container-Path-Stat': await pathStat(at) });
        const tar = create({ cwd: dirname(at.full) }, [`./${basename(at.full)}`]);
        if (res) await pipeline(tar, res);
        return undefined;
      },
    ],
    [
      'PUT',
      archive,
      async ({ params, query, req }) => {
        const { full } = await place(params[0], query.get('path'));
        if (!(await stat(full)).isDirectory()) throw new Refusal(400, 'extraction point is not a directory');
        await unpackTree(req, full, null, new AbortController().signal).catch((error: Error) => {
          throw new Refusal(400, error.message);
        });
        return { status: 200 };
      },
    ],
  ];
}
