import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import type { OwnedObject } from '../../backends/ports/owned-object.js';
import type { TreeEntry } from '../../backends/shared/tree.js';
import { withoutCopies } from '../../lease/copied.js';
import type { Lease } from '../../lease/deadline.js';
import type { Change, PlannedCopy } from '../../plan/plan.js';
import type { CopySpec } from '../../spec/worker-spec.js';
import { copyError } from './copy-error.js';
import { type LocalFiles, localFiles } from './local-files.js';

/** MB of a copy from which a plan warns. */
const large = 500;
/** The most bytes of a `.git` file. */
const longestLink = 4096;

/**
 * The copies that an apply makes: into the containers that it makes, and into those that an interrupted apply has left without: all of a
 * worker that was never ready (no lease).
 */
export function copiesDue(
  copies: readonly CopySpec[],
  changes: readonly Pick<Change, 'name' | 'action'>[],
  lease: Lease | undefined,
  objects: readonly OwnedObject[],
): CopySpec[] {
  if (!lease) return [...copies];
  const made = changes.filter(({ action }) => action === 'create' || action === 'replace').map(({ name }) => name);
  const due = new Set([...made, ...withoutCopies(lease, objects)]);
  return copies.filter((copy) => due.has(copy.in));
}

/** Counts the files of each copy. Reads local files and changes nothing. @throws MayflyError at the place of a copy */
export function planCopies(copies: readonly CopySpec[], env: Record<string, string | undefined>): Promise<PlannedCopy[]> {
  return Promise.all(
    copies.map(async (copy) => {
      const local = await localFiles(copy, env);
      try {
        return planCopy(copy, local);
      } catch (error) {
        throw copyError(copy, error);
      }
    }),
  );
}

function planCopy(copy: CopySpec, { root, entries }: LocalFiles): PlannedCopy {
  const found = { files: 0, bytes: 0, special: 0, apart: [] as string[] };
  for (const entry of entries('.', undefined, () => (found.special += 1))) {
    if (entry.stat.isDirectory()) continue;
    found.files += 1;
    found.bytes += entry.stat.size;
    if (leadsOut(entry, root)) found.apart.push(relative(root, entry.path));
  }
  return { copy, files: found.files, bytes: found.bytes, warnings: warningsOf(copy, found) };
}

function warningsOf(copy: CopySpec, { bytes, special, apart }: { bytes: number; special: number; apart: string[] }): string[] {
  const name = `copy ${copy.written}`;
  const megabytes = Math.round(bytes / 2 ** 20);
  return [
    ...(megabytes > large ? [`${name} has ${megabytes} MB: leave files out with ignore_file, or copy tracked files only (from: git)`] : []),
    ...(special > 0 ? [`${name} leaves out sockets, FIFOs and devices: ${special}`] : []),
    ...apart.map((path) => `${name}: ${path} leads to a git directory that is not copied, so git does not work in the copy`),
  ];
}

/** Whether an entry is the `.git` file of a worktree or a submodule whose git directory is not below `root`. */
function leadsOut({ path, stat }: TreeEntry, root: string): boolean {
  if (basename(path) !== '.git' || !stat.isFile() || stat.size > longestLink) return false;
  const [, target] = /^gitdir: (.+)$/m.exec(readFileSync(path, 'utf8')) ?? [];
  if (target === undefined) return false;
  const below = relative(root, resolve(dirname(path), target));
  return isAbsolute(target) || below === '..' || below.startsWith('../');
}
