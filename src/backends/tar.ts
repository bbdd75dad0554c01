import { chmod, lstat, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import type { ReadEntry, WriteEntry } from 'tar';
import { MayflyError } from '../errors.js';

/** Problems that are told one by one. */
const told = 3;

/** What is at a path, as a tar. `as`: what its first entry is called; `.` for a directory's content. @throws the system's errors, in the stream */
export async function packTree(path: string, as: string): Promise<Readable> {
  const { create } = await import('tar');
  const own = `./${basename(path)}`;
  const pack = create(
    {
      cwd: dirname(path),
      onWriteEntry(entry: WriteEntry) {
        entry.path = `${as}${entry.path.slice(own.length)}`;
        if (entry.type === 'Link') entry.linkpath = `${as}${`./${entry.linkpath ?? ''}`.slice(own.length)}`;
        // The number of the user here is somebody else's there.
        if (entry.stat) Object.assign(entry.stat, { uid: 0, gid: 0 });
      },
    },
    [own],
  );
  const out = new PassThrough();
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

function failed(problems: string[], error?: unknown): MayflyError {
  const more = problems.length > told ? `, and ${problems.length - told} more` : '';
  return new MayflyError('copy_failed', {
    cause: `not copied: ${problems.slice(0, told).join('; ')}${more}`,
    remedy: 'see to that and copy again; `mayfly cp WORKER:PATH -` gives the tar as it is',
    ...(error !== undefined && { error }),
  });
}
