import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** What is below a directory, by path, links not followed: kind, permissions, and content or target. */
export async function describeTree(root: string, below = ''): Promise<Record<string, string>> {
  const described: Record<string, string> = {};
  for (const name of (await readdir(join(root, below))).sort()) {
    const entry = join(below, name);
    const path = join(root, entry);
    const stat = await lstat(path);
    const mode = (stat.mode & 0o7777).toString(8);
    if (stat.isSymbolicLink()) described[entry] = `link to ${await readlink(path)}`;
    else if (stat.isDirectory()) Object.assign(described, { [entry]: `directory ${mode}` }, await describeTree(root, entry));
    else
      described[entry] = `file ${mode} ${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}`;
  }
  return described;
}
