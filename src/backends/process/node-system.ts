import { constants, readdirSync, readFileSync, readlinkSync, realpathSync, watch } from 'node:fs';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { spawnDetached, spawnPiped } from './node-spawn.js';
import { codeOf, type Kind, type OpenDirectory, type System } from './system.js';

/** The system calls of the real machine. */
export const nodeSystem: System = {
  realpath,
  stat: (path) =>
    orNull(['ENOENT', 'ENOTDIR'], async () => {
      const stat = await fs.lstat(path);
      return { kind: kindOf(stat), uid: stat.uid, mode: stat.mode & 0o7777, modified: stat.mtimeMs, bytes: stat.blocks * 512 };
    }),
  entries: (path) =>
    orNull(['ENOENT', 'ENOTDIR'], async () => {
      const entries = await fs.readdir(path, { withFileTypes: true });
      return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }));
    }),
  readText: (path) => orNull(absent, () => fs.readFile(path, { encoding: 'utf8', flag: constants.O_RDONLY | constants.O_NOFOLLOW })),
  readBytes: (path, offset, length) => orNull(absent, () => readBytes(path, offset, length)),
  async executable(path) {
    const stat = await fs.stat(path).catch(() => null);
    if (!stat?.isFile()) return false;
    return fs.access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
  },
  async writeNew(path, text) {
    const file = await fs.open(path, 'wx', 0o600);
    try {
      // The umask may have removed permissions.
      await file.chmod(0o600);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  async makeDirectory(path) {
    await fs.mkdir(path, { mode: 0o700 });
    if (((await fs.lstat(path)).mode & 0o777) !== 0o700) await fs.chmod(path, 0o700);
  },
  symlink: (target, path) => fs.symlink(target, path),
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),
  removeFile: (path) => fs.unlink(path),
  removeDirectory: (path) => fs.rmdir(path),
  openDirectory,

  processIds: () => readdirSync('/proc').filter(isNumber).map(Number),
  readProc: (path) => quietly(() => readFileSync(path, 'utf8')),
  readProcLink: (path) => quietly(() => readlinkSync(path)),
  listProc: (path) => quietly(() => readdirSync(path)) ?? [],

  spawnDetached,
  spawnPiped,
  async kill(pid, signal) {
    process.kill(pid, signal);
  },
  watch: watchOnce,
};

const absent = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR'];
const isNumber = (name: string) => /^\d+$/.test(name);

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean; isSymbolicLink(): boolean }): Kind {
  if (entry.isDirectory()) return 'directory';
  if (entry.isFile()) return 'file';
  return entry.isSymbolicLink() ? 'link' : 'other';
}

async function orNull<T>(codes: readonly string[], act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return null;
    throw error;
  }
}

/** Returns `null` for errors of /proc: a process may end meanwhile, or belong to another user. */
function quietly<T>(act: () => T): T | null {
  try {
    return act();
  } catch {
    return null;
  }
}

function realpath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) return path;
    return join(realpath(dirname(path)), basename(path));
  }
}

async function readBytes(path: string, offset: number, length: number) {
  const file = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    return { bytes: buffer.subarray(0, bytesRead), size };
  } finally {
    await file.close();
  }
}

/** Opens a directory. Paths go through `/proc/self/fd/<n>`, which replaces the `*at` calls: a name that becomes a link is never followed. */
async function openDirectory(path: string): Promise<OpenDirectory> {
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const handle = await fs.open(path, flags).catch(async (error: unknown) => {
    // Some tools make directories that even their owner may not read.
    if (codeOf(error) !== 'EACCES' || !(await fs.lstat(path)).isDirectory()) throw error;
    await fs.chmod(path, 0o700);
    return fs.open(path, flags);
  });
  const { mode } = await handle.stat();
  if ((mode & 0o700) !== 0o700) await handle.chmod(0o700);
  return { path: `/proc/self/fd/${handle.fd}`, close: () => handle.close() };
}

function watchOnce(directory: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const watcher = watch(directory, { signal });
    watcher.once('change', () => watcher.close());
    watcher.once('close', resolve);
    watcher.once('error', reject);
  });
}
