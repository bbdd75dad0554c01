import { type Dirent, lstatSync, type Stats } from 'node:fs';
import { chmod, lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import type { ReadEntry, WriteEntry } from 'tar';
import { MayflyError } from '../../errors.js';
import { specialOf } from './special-files.js';

/** The number of problems that an error lists. */
const listed = 3;

export interface TarEntry {
  path: string;
  /** Neither a directory nor a link. */
  file: boolean;
}

/** A tar that is being written. `leftOut` lists special files that it cannot contain, by path and kind; complete when the tar ends. */
export class PackedTree extends PassThrough {
  readonly leftOut: string[] = [];

  constructor(
    private readonly source: string,
    private readonly as: string,
  ) {
    super();
  }

  /** Returns all entries of the tar, directories before their content. */
  async entries(): Promise<TarEntry[]> {
    const stat = await lstat(this.source);
    const top = { path: this.as, file: stat.isFile() };
    if (!stat.isDirectory()) return [top];
    const below = await readdir(this.source, { withFileTypes: true, recursive: true });
    const pathOf = (entry: Dirent) => `${this.as}/${relative(this.source, join(entry.parentPath, entry.name))}`;
    return [top, ...below.map((entry) => ({ path: pathOf(entry), file: entry.isFile() }))];
  }
}

/** Packs a file or tree as a tar. `as`: the name of its first entry; `.` for a directory's content. System errors are errors of the stream. */
export async function packTree(path: string, as: string): Promise<PackedTree> {
  const { create } = await import('tar');
  const own = `./${basename(path)}`;
  const out = new PackedTree(path, as);
  const pack = create(
    {
      cwd: dirname(path),
      filter(name, stat) {
        const special = specialOf(stat as Stats);
        if (special !== undefined) out.leftOut.push(`${as}${name.slice(own.length)} is ${special}`);
        return special === undefined;
      },
      onWriteEntry(entry: WriteEntry) {
        entry.path = `${as}${entry.path.slice(own.length)}`;
        if (entry.type === 'Link') entry.linkpath = `${as}${`./${entry.linkpath ?? ''}`.slice(own.length)}`;
        // The user's id here may be another user's in the container.
        if (entry.stat) Object.assign(entry.stat, { uid: 0, gid: 0 });
      },
    },
    [own],
  );
  // No unhandled error: a reader that comes later still gets it.
  out.on('error', () => {});
  pack.on('error', (error) => out.destroy(error as Error));
  pack.pipe(out);
  return out;
}

/**
 * Unpacks a tar into a directory and nowhere else, with the permissions of its entries and the current user as owner. `as`: the new name of
 * its first entry, `.` to unpack a directory's content; `null`: keeps its name.
 *
 * @throws MayflyError `copy_failed` where the input is not a tar, or entries could not be written; the others are written then
 */
export async function unpackTree(tar: Readable, directory: string, as: string | null, signal: AbortSignal): Promise<void> {
  const { extract } = await import('tar');
  const root = await realpath(directory);
  const modes = new Map<string, number>();
  const leftOut: string[] = [];
  let rooted: boolean | undefined;
  const unpack = extract({
    cwd: root,
    preserveOwner: false,
    filter(_path, it) {
      const entry = it as ReadEntry;
      const name = entry.path;
      if (as !== null) {
        rooted ??= /^[./]*$/.test(name);
        entry.path = renamed(entry.path, as, rooted);
        if (entry.type === 'Link') entry.linkpath = renamed(entry.linkpath ?? '', as, rooted);
      }
      if (entry.type === 'SymbolicLink' && entry.linkpath?.startsWith('/')) {
        leftOut.push(`${name}: it is a link to ${entry.linkpath}, outside the copied tree`);
        return false;
      }
      const inTheWay = obstacle(join(root, entry.path), entry.type);
      if (inTheWay !== undefined) {
        leftOut.push(`${name}: ${inTheWay} is in its place, and a copy would replace it`);
        return false;
      }
      // Without setuid, setgid and sticky bits.
      entry.mode = (entry.mode ?? 0o644) & 0o777;
      if (entry.type === 'File' || entry.type === 'Directory') modes.set(join(root, entry.path), entry.mode);
      return true;
    },
    onwarn(code, message, data) {
      if (code !== 'TAR_ENTRY_INFO') leftOut.push(`${(data as { entry?: ReadEntry }).entry?.path ?? 'the archive'}: ${String(message)}`);
    },
  });
  await new Promise<void>((resolve, reject) => {
    const abort = () => tar.destroy(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    const done = (error?: unknown) => {
      signal.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error instanceof MayflyError ? error : failed([(error as Error).message], error));
    };
    unpack.on('error', done);
    unpack.on('finish', () => done());
    tar.on('error', done);
    tar.pipe(unpack);
    if (tar.errored) done(tar.errored);
    if (signal.aborted) abort();
  });
  await setModes(root, modes);
  if (tar instanceof PackedTree) leftOut.push(...tar.leftOut);
  if (leftOut.length > 0) throw failed(leftOut);
}

/** Replaces the first part of a path by `as`. `rooted`: the tar starts with `/` or `./`, so the whole path is put below `as`. */
function renamed(path: string, as: string, rooted: boolean): string {
  const parts = path.replace(/^(?:\.?\/)+/, '').split('/');
  return [as, ...(rooted ? parts : parts.slice(1))].join('/');
}

/** Sets the permissions of the tar, which creation has limited by the umask. Never follows a link. */
async function setModes(root: string, modes: ReadonlyMap<string, number>): Promise<void> {
  for (const [path, mode] of [...modes].reverse()) {
    const parent = await realpath(dirname(path)).catch(() => '');
    const inside = path === root || parent === root || parent.startsWith(`${root}/`);
    const found = inside ? await lstat(path).catch(() => null) : null;
    if (found && !found.isSymbolicLink() && (found.mode & 0o777) !== mode) await chmod(path, mode);
  }
}

/** Names an existing object that an entry must not replace: a special file, or a link for a file, since a write would follow it. */
function obstacle(path: string, type: ReadEntry['type']): string | undefined {
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // If it cannot be examined, the entry cannot be written either: that is reported.
  }
  if (!found) return undefined;
  return found.isSymbolicLink() ? (type === 'File' ? 'a link' : undefined) : specialOf(found);
}

/** @throws MayflyError `copy_failed` where the tar lacks special files. Call it after the tar has ended */
export function assertWhole(packed: { leftOut: string[] }): void {
  if (packed.leftOut.length > 0) throw failed(packed.leftOut);
}

function failed(problems: string[], error?: unknown): MayflyError {
  const more = problems.length > listed ? `, and ${problems.length - listed} more` : '';
  return new MayflyError('copy_failed', {
    cause: `not copied: ${problems.slice(0, listed).join('; ')}${more}`,
    remedy: 'correct the cause and copy again; `mayfly cp WORKER:PATH -` writes the unchanged tar',
    ...(error !== undefined && { error }),
  });
}
