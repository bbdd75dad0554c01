import { stat } from 'node:fs/promises';
import { specialOf } from '../../backends/shared/special-files.js';
import { type Enter, type TreeEntry, walkTree } from '../../backends/shared/tree.js';
import { MayflyError } from '../../errors.js';
import type { CopySpec } from '../../spec/worker-spec.js';
import { type Patterns, readPatterns, withoutIgnored } from './ignored.js';
import { trackedFiles, walkListed } from './tracked.js';

/** The local files of a copy. */
export interface LocalFiles {
  directory: boolean;
  /** Absolute path of the file, or of the directory. */
  root: string;
  /** Lists them; `as`: the name of the first entry. Sockets, FIFOs and devices are reported to `onSpecial` and left out. */
  entries(as: string, enter?: Enter, onSpecial?: (entry: TreeEntry) => void): Iterable<TreeEntry>;
}

/** Finds the local files of a copy. @throws MayflyError `copy_failed` at the copy's place */
export async function localFiles(copy: CopySpec, env: Record<string, string | undefined>): Promise<LocalFiles> {
  const directory = await isDirectory(copy);
  const patterns = copy.ignore_file === null ? null : await patternsOf(copy, copy.ignore_file);
  if (copy.tracked !== null && !directory) throw failed(copy, 'is no directory', 'name a directory after git:');
  const tracked = copy.tracked === null ? null : await trackedFiles(copy, env);
  const root = tracked?.root ?? copy.from;
  const walk = (as: string, enter: Enter) => (tracked ? walkListed(root, tracked.files, as) : walkTree(root, as, enter));
  return {
    ...{ directory, root },
    *entries(as, enter = () => true, onSpecial = () => {}) {
      const all = patterns ? withoutIgnored((own) => walk(as, own), as, patterns, enter) : walk(as, enter);
      for (const entry of all) {
        if (specialOf(entry.stat) === undefined) yield entry;
        else onSpecial(entry);
      }
    },
  };
}

async function isDirectory(copy: CopySpec): Promise<boolean> {
  try {
    return (await stat(copy.from)).isDirectory();
  } catch (error) {
    const missing = ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
    throw failed(copy, missing ? `${copy.from} does not exist` : (error as Error).message, 'name a path relative to the spec file', error);
  }
}

async function patternsOf(copy: CopySpec, file: string): Promise<Patterns> {
  try {
    return await readPatterns(file);
  } catch (error) {
    throw failed(copy, `the ignore_file cannot be read: ${(error as Error).message}`, 'name a file relative to the spec file', error);
  }
}

function failed({ place }: CopySpec, cause: string, remedy: string, error?: unknown): MayflyError {
  return new MayflyError('copy_failed', { place, cause, remedy, ...(error !== undefined && { error }) });
}
