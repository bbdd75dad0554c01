import { constants, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WasmLimits } from '../limits.js';
import type { TreeChanges, TreeEntry } from '../result.js';

const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/** The files and directories below a directory. Links and other objects are left out. @throws Error beyond the limits */
export async function loadTree(root: string, limits: WasmLimits): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  let bytes = 0;
  const visit = async (prefix: string): Promise<void> => {
    for (const item of await fs.readdir(join(root, prefix), { withFileTypes: true })) {
      const path = prefix === '' ? item.name : `${prefix}/${item.name}`;
      if (!item.isDirectory() && !item.isFile()) continue;
      if (entries.length >= limits.entries) throw new Error(`${root} has more than ${limits.entries} files and directories`);
      if (item.isDirectory()) {
        entries.push({ kind: 'directory', path });
        await visit(path);
        continue;
      }
      const file = await fs.open(join(root, path), O_RDONLY | O_NOFOLLOW);
      try {
        bytes += (await file.stat()).size;
        if (bytes > limits.files) throw new Error(`the files in ${root} have more than ${limits.files} bytes`);
        entries.push({ kind: 'file', path, bytes: await file.readFile() });
      } finally {
        await file.close();
      }
    }
  };
  await visit('');
  return entries;
}

/** Carries changes out in a directory. A link in it is never followed: it is replaced, or refused as a parent. */
export async function storeChanges(root: string, { removed, written }: TreeChanges): Promise<void> {
  for (const path of removed.toReversed()) await remove(root, path);
  for (const entry of written) {
    await refuseLinks(root, dirname(entry.path));
    const place = join(root, entry.path);
    if (entry.kind === 'directory') await fs.mkdir(place);
    else await writeFile(place, entry.bytes);
  }
}

async function remove(root: string, path: string): Promise<void> {
  await refuseLinks(root, dirname(path));
  const place = join(root, path);
  if ((await fs.lstat(place)).isDirectory()) await fs.rmdir(place);
  else await fs.unlink(place);
}

async function writeFile(place: string, bytes: Uint8Array): Promise<void> {
  const file = await fs.open(place, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o644);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

/** @throws Error if a directory on the way is a link: another process may have put it there meanwhile */
async function refuseLinks(root: string, path: string): Promise<void> {
  let place = root;
  for (const part of path === '.' ? [] : path.split('/')) {
    place = join(place, part);
    if (!(await fs.lstat(place)).isDirectory()) throw new Error(`${place} is not a directory`);
  }
}
