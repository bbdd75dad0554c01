import type { Readable } from 'node:stream';
import type { ReadEntry } from 'tar';
import { isDiskFull } from '../../state/atomic-file.js';
import { pathBelow } from './selection.js';

/** The name of a tar's first entry after it is unpacked. */
export const unpackedName = 'tree';

export interface UnpackOptions {
  /** Whether an entry is unpacked, by its path below the first entry; '' for that entry. */
  accepts(path: string): boolean;
  /** Counts an accepted file of so many bytes. @returns the error that ends the work where it is too much */
  count(bytes: number): Error | null;
  signal: AbortSignal;
  /** Called with each entry that cannot be unpacked, and why. */
  onSkipped(entry: string): void;
}

const kept: ReadonlySet<string> = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory', 'SymbolicLink', 'Link']);

/**
 * Unpacks the accepted entries of a tar into an empty directory, as `unpackedName`. Every file can be read and removed by the current user.
 *
 * @throws MayflyError `copy_failed` where the tar breaks off; the error of `count`; that of a full disk; the signal's reason
 */
export async function unpackSelected(tar: Readable, directory: string, options: UnpackOptions): Promise<void> {
  const { accepts, count, signal, onSkipped } = options;
  const { extract } = await import('tar');
  let rooted: boolean | undefined;
  let failure: Error | undefined;
  /** The tar may be read to its end already, and then it reports no error. */
  const fail = (error: Error) => {
    failure ??= error;
    tar.destroy(error);
  };
  const unpack = extract({
    cwd: directory,
    preserveOwner: false,
    filter(_path, it) {
      const entry = it as ReadEntry;
      const shown = entry.path;
      rooted ??= /^[./]*$/.test(shown);
      const path = pathBelow(shown, rooted);
      if (failure || tar.errored || !accepts(path)) return false;
      const link = entry.type === 'Link' ? pathBelow(entry.linkpath ?? '', rooted) : '';
      const problem = problemOf(entry, `${path}/${link}`);
      if (problem !== undefined) {
        onSkipped(`${shown} ${problem}`);
        return false;
      }
      const tooMuch = count(entry.size);
      if (tooMuch) {
        fail(tooMuch);
        return false;
      }
      entry.path = `${unpackedName}/${path}`;
      if (entry.type === 'Link') entry.linkpath = `${unpackedName}/${link}`;
      entry.mode = ((entry.mode ?? 0) & 0o777) | (entry.type === 'Directory' ? 0o700 : 0o600);
      return true;
    },
    onwarn(code, message, data) {
      // Further files would be cut short, too.
      if (data instanceof Error && isDiskFull(data)) fail(data);
      else if (code !== 'TAR_ENTRY_INFO') onSkipped(`${(data as { entry?: ReadEntry }).entry?.path ?? 'the archive'}: ${String(message)}`);
    },
  });
  await new Promise<void>((resolve, reject) => {
    const abort = () => tar.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    // Files in flight are written first: the caller removes the directory.
    const breakOff = (error: Error) => {
      failure ??= error;
      unpack.end();
    };
    unpack
      .on('error', (error) => reject(failure ?? error))
      .on('finish', () => {
        signal.removeEventListener('abort', abort);
        if (failure) reject(failure);
        else resolve();
      });
    tar.on('error', breakOff).pipe(unpack);
    if (tar.errored) breakOff(tar.errored);
    if (signal.aborted) abort();
  });
}

/** Why an entry cannot be unpacked. `paths`: all paths that it names in the tree. Other links are checked when all entries are there. */
function problemOf({ type, linkpath = '' }: ReadEntry, paths: string): string | undefined {
  if (!kept.has(type)) return 'is neither a file nor a directory';
  if (type === 'SymbolicLink' && linkpath.startsWith('/')) return `is a link to ${linkpath}`;
  return paths.split('/').includes('..') ? 'leads outside' : undefined;
}
