import { type Dirent, lstatSync, type Stats } from 'node:fs';
import { chmod, lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import type { ReadEntry, WriteEntry } from 'tar';
import { MayflyError } from '../../errors.js';
import { specialOf } from './special-files.js';

/** Problems that are told one by one. */
const told = 3;

export interface TarEntry {
  path: string;
  /** Neither a directory nor a link. */
  file: boolean;
}

/** A tar being made, and what could not be put into it: devices and their like, by path and kind. Complete when the tar ends. */
export class PackedTree extends PassThrough {
  readonly leftOut: string[] = [];

  constructor(
    private readonly source: string,
    private readonly as: string,
  ) {
    super();
  }

  /** All that is to come, directories before what is in them. */
  async entries(): Promise<TarEntry[]> {
    const stat = await lstat(this.source);
    const top = { path: this.as, file: stat.isFile() };
    if (!stat.isDirectory()) return [top];
    const below = await readdir(this.source, { withFileTypes: true, recursive: true });
    const pathOf = (entry: Dirent) => `${this.as}/${relative(this.source, join(entry.parentPath, entry.name))}`;
    return [top, ...below.map((entry) => ({ path: pathOf(entry), file: entry.isFile() }))];
  }
}

/** What is at a path, as a tar. `as`: what its first entry is called; `.` for a directory's content. @throws the system's errors, in the stream */
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
        // The number of the user here is somebody else's there.
        if (entry.stat) Object.assign(entry.stat, { uid: 0, gid: 0 });
      },
    },
    [own],
  );
  // Whoever reads it is told, however late that is.
  out.on('error', () => {});
  pack.on('error', (error) => out.destroy(error as Error));
  pack.pipe(out);
  return out;
}

/**
 * Unpacks a tar into a directory and nowhere else, with the permissions of its entries, as the user who runs this. `as`: what its
 * first entry is called here, `.` to put a directory's content there; `null`: as the tar has it.
 *
 * @throws MayflyError `copy_failed` when something is no tar, or can't be put there; all else is there then
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
        leftOut.push(`${name}: it is a link to ${entry.linkpath}, outside of what is copied`);
        return false;
      }
      const inTheWay = obstacle(join(root, entry.path), entry.type);
      if (inTheWay !== undefined) {
        leftOut.push(`${name}: ${inTheWay} is in its place, and a copy would replace it`);
        return false;
      }
      // Nobody's powers are copied.
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

/** The first part of a path in another name; a root's (`/`, `./`) has none, and all of it goes below that name. */
function renamed(path: string, as: string, rooted: boolean): string {
  const parts = path.replace(/^(?:\.?\/)+/, '').split('/');
  return [as, ...(rooted ? parts : parts.slice(1))].join('/');
}

/** As they are in the tar: what makes files cuts them by the umask. Never through a link, wherever it came from. */
async function setModes(root: string, modes: ReadonlyMap<string, number>): Promise<void> {
  for (const [path, mode] of [...modes].reverse()) {
    const parent = await realpath(dirname(path)).catch(() => '');
    const inside = path === root || parent === root || parent.startsWith(`${root}/`);
    const found = inside ? await lstat(path).catch(() => null) : null;
    if (found && !found.isSymbolicLink() && (found.mode & 0o777) !== mode) await chmod(path, mode);
  }
}

/** What must not be replaced: devices and their like by anything, a link by a file, since writing through it may lead anywhere. */
function obstacle(path: string, type: ReadEntry['type']): string | undefined {
  let found: Stats | undefined;
  try {
    found = lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // Where it cannot be looked at, nothing can be made either: that is reported.
  }
  if (!found) return undefined;
  return found.isSymbolicLink() ? (type === 'File' ? 'a link' : undefined) : specialOf(found);
}

/** @throws MayflyError `copy_failed` when something could not be put into the tar; it has ended */
export function assertWhole(packed: { leftOut: string[] }): void {
  if (packed.leftOut.length > 0) throw failed(packed.leftOut);
}

function failed(problems: string[], error?: unknown): MayflyError {
  const more = problems.length > told ? `, and ${problems.length - told} more` : '';
  return new MayflyError('copy_failed', {
    cause: `not copied: ${problems.slice(0, told).join('; ')}${more}`,
    remedy: 'see to that and copy again; `mayfly cp WORKER:PATH -` gives the tar as it is',
    ...(error !== undefined && { error }),
  });
}
