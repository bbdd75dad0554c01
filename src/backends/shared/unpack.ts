import { realpathSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { ReadEntry } from 'tar';
import { notCopiedAll, notCopiedBecause } from './not-copied.js';
import { PackedTree } from './pack.js';
import { UnpackedTree } from './unpacked-tree.js';

/**
 * Unpacks a tar into a directory and nowhere else, with the permissions and times of its entries and the current user as owner. `as`: the new
 * name of its first entry, `.` to unpack a directory's content; `null`: keeps its name. Links are created last and as they are, so nothing is
 * written through a link of the tar; an existing link is never followed.
 *
 * @throws MayflyError `copy_failed` where the input is not a tar, or entries could not be written; the others are written then
 */
export async function unpackTree(tar: Readable, directory: string, as: string | null, signal: AbortSignal): Promise<void> {
  const { Parser } = await import('tar');
  const target = new UnpackedTree(realpathSync(directory));
  const leftOut: string[] = [];
  let broken: Error | undefined;
  let rooted: boolean | undefined;
  const newName = (path: string) => (as === null ? path : renamed(path, as, (rooted ??= /^[./]*$/.test(path))));
  const parser = new Parser({
    onReadEntry(entry: ReadEntry) {
      const name = entry.path;
      entry.path = newName(name);
      if (entry.type === 'Link') entry.linkpath = newName(entry.linkpath ?? '');
      target.add(entry, (problem) => leftOut.push(`${name}: ${problem}`));
      entry.resume();
    },
    onwarn(code, message) {
      if (code === 'TAR_BAD_ARCHIVE' || code === 'TAR_ABORT') broken ??= new Error(String(message));
      else if (code !== 'TAR_ENTRY_INFO') leftOut.push(`the archive: ${String(message)}`);
    },
  });
  const abort = () => tar.destroy(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    for await (const chunk of tar) {
      parser.write(chunk as Buffer);
      if (broken) break;
    }
    parser.end();
    if (broken) throw broken;
    target.finish();
  } catch (error) {
    signal.throwIfAborted();
    throw notCopiedBecause(error);
  } finally {
    signal.removeEventListener('abort', abort);
    target.close();
  }
  if (tar instanceof PackedTree) leftOut.push(...tar.leftOut);
  if (leftOut.length > 0) throw notCopiedAll(leftOut);
}

/** Replaces the first part of a path by `as`. `rooted`: the tar starts with `/` or `./`, so the whole path is put below `as`. */
function renamed(path: string, as: string, rooted: boolean): string {
  const parts = path.replace(/^(?:\.?\/)+/, '').split('/');
  return [as, ...(rooted ? parts : parts.slice(1))].join('/');
}
