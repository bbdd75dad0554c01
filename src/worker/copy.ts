import { lstat, realpath, stat } from 'node:fs/promises';
import path, { posix } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ContainerFiles } from '../backends/ports/sessions.js';
import { assertWhole } from '../backends/shared/not-copied.js';
import { PackedTree, packTree } from '../backends/shared/pack.js';
import { danglingLink, notCopied, notReplaced, specialOf } from '../backends/shared/special-files.js';
import { unpackTree } from '../backends/shared/unpack.js';
import type { Clock } from '../clock.js';
import { MayflyError } from '../errors.js';
import { writeInto } from './write-into.js';

/** The object at a path. `special`: names its kind, where it is neither a file nor a directory. */
interface Found {
  path: string;
  directory: boolean;
  special?: string;
}

/** Copies a local file or tree into a container, as `cp` does: into an existing directory, else under the new name. */
export async function copyIn(files: ContainerFiles, source: string, destination: string, signal: AbortSignal): Promise<void> {
  const from = await localStat(source);
  if (!from) throw absent(source);
  if (from.special !== undefined) throw notCopied(source, from.special);
  const name = contentOf(source) && from.directory ? '.' : path.basename(path.resolve(source));
  const to = await target(posix, destination, { ...from, name }, (path) => files.stat(path, signal));
  const packed = await packTree(from.path, to.name);
  await files.write(to.directory, packed, signal);
  assertWhole(packed);
}

/**
 * Copies a file or tree out of a container. Nothing is written outside the destination. An existing file or device at the destination is
 * written into, not replaced: a file keeps its other hard links.
 */
export async function copyOut(
  files: ContainerFiles,
  source: string,
  destination: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const from = await files.stat(source, signal);
  if (!from) throw absent(source);
  if (from.special !== undefined) throw notCopied(source, from.special);
  const existing = await localStat(destination);
  if (existing && !existing.directory && !from.directory) {
    if (existing.special !== undefined && refused.includes(existing.special)) throw notReplaced(destination, existing.special);
    return writeInto(await files.read(from.path, signal), destination, clock, signal);
  }
  const name = contentOf(source) && from.directory ? '.' : posix.basename(posix.resolve('/', source)) || '.';
  const to = await target(path, destination, { ...from, name }, localStat);
  await unpackTree(await files.read(from.path, signal), to.directory, to.name, signal);
}

/** Returns a container's file or tree as a tar. */
export async function readTar(files: ContainerFiles, source: string, signal: AbortSignal): Promise<Readable> {
  const from = await files.stat(source, signal);
  if (!from) throw absent(source);
  return files.read(from.path, signal);
}

/** Writes a container's file or tree as a tar. */
export async function copyToStream(files: ContainerFiles, source: string, stream: Writable, signal: AbortSignal): Promise<void> {
  const tar = await readTar(files, source, signal);
  await pipeline(tar, stream, { signal });
  if (tar instanceof PackedTree) assertWhole(tar);
}

/** Unpacks a tar into a directory of a container. */
export async function copyFromStream(files: ContainerFiles, stream: Readable, directory: string, signal: AbortSignal): Promise<void> {
  const to = await files.stat(directory, signal);
  if (!to) throw absent(directory);
  if (!to.directory) throw noDirectory(directory, 'name the directory to unpack the tar in');
  await files.write(to.path, stream, signal);
}

/** Special files that no file is written into. */
const refused = ['a block device', danglingLink];

/** Whether a path names a directory's content, as with `cp`: it ends in `/.`. */
export function contentOf(path: string): boolean {
  return path === '.' || path.endsWith('/.');
}

/** The directory to unpack in, and the source's name there. */
export async function target(
  { basename, dirname }: Pick<typeof posix, 'basename' | 'dirname'>,
  destination: string,
  source: { directory: boolean; name: string },
  look: (path: string) => Promise<Found | null>,
): Promise<{ directory: string; name: string }> {
  const found = await look(destination);
  if (found?.directory) return { directory: found.path, name: source.name };
  if (found?.special !== undefined) throw notReplaced(destination, found.special);
  if (found && source.directory) throw noDirectory(destination, 'a directory is not copied over a file: name another place');
  if (found) return { directory: dirname(found.path), name: basename(found.path) };
  if (destination.endsWith('/') && !source.directory) throw absent(destination);
  const parent = await look(dirname(destination));
  if (!parent) throw absent(dirname(destination));
  if (!parent.directory) throw noDirectory(dirname(destination), 'name a place in a directory');
  return { directory: parent.path, name: basename(destination) };
}

async function localStat(path: string): Promise<Found | null> {
  try {
    const found = await stat(path);
    const special = specialOf(found);
    if (special !== undefined) return { path, directory: false, special };
    return { path: await realpath(path), directory: found.isDirectory() };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const link = code === 'ENOENT' && (await lstat(path).catch(() => null))?.isSymbolicLink();
    if (link) return { path, directory: false, special: danglingLink };
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new MayflyError('copy_failed', { place: { file: path }, cause: message, remedy: 'name a path that you may read', error });
  }
}

export function absent(path: string): MayflyError {
  return new MayflyError('copy_failed', {
    place: { path },
    cause: 'does not exist',
    remedy: 'check the path, or create the directory first',
  });
}

function noDirectory(path: string, remedy: string): MayflyError {
  return new MayflyError('copy_failed', { place: { path }, cause: 'is no directory', remedy });
}
