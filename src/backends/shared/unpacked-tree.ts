import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  futimesSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  type Stats,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import type { ReadEntry } from 'tar';
import { specialOf } from './special-files.js';

type Problem = (text: string) => void;

/** Kinds of entries that are not unpacked. */
const notUnpacked: Readonly<Record<string, string>> = {
  FIFO: 'a FIFO',
  CharacterDevice: 'a device',
  BlockDevice: 'a block device',
};

/** An entry that is created or completed at the end. */
interface Later {
  entry: ReadEntry;
  problem: Problem;
}

/**
 * A directory in which the entries of a tar are created, and nowhere else: each directory of a path is examined once and is never a link.
 * Calls are synchronous: that takes a third of the time of asynchronous ones.
 */
export class UnpackedTree {
  /** Directories that were examined, by path below the root. */
  private readonly real = new Set(['']);
  /** Directories of the tar; `made`: by this copy. */
  private readonly directories = new Map<string, Later & { made: boolean }>();
  private readonly links = new Map<string, Later>();
  /** The file that is being written. */
  private fd: number | undefined;

  constructor(private readonly root: string) {}

  /** Creates an entry; its content is written as it arrives. Links are created by `finish`. */
  add(entry: ReadEntry, problem: Problem): void {
    attempt(problem, () => {
      const path = partsOf(entry.path).join('/');
      switch (entry.type) {
        case 'Directory':
          return this.addDirectory(path, { entry, problem });
        case 'File':
        case 'OldFile':
        case 'ContiguousFile':
          this.makeRoom(path, true);
          return this.write(entry, this.at(path), problem);
        case 'SymbolicLink':
          return void this.links.set(path, { entry, problem });
        case 'Link':
          return this.addName(path, { entry, problem });
        default:
          throw new Error(`it is ${notUnpacked[entry.type] ?? `of type ${entry.type}`}, which is not copied`);
      }
    });
  }

  /** Creates the links, then sets the permissions and times of directories. */
  finish(): void {
    for (const [path, { entry, problem }] of this.links) {
      attempt(problem, () => {
        this.makeRoom(path, false);
        symlinkSync(entry.linkpath ?? '', this.at(path));
        if (entry.mtime) lutimesSync(this.at(path), entry.mtime, entry.mtime);
      });
    }
    for (const [path, { entry, problem, made }] of [...this.directories].reverse()) {
      attempt(problem, () => {
        const found = lstatSync(this.at(path));
        if (!found.isDirectory()) return;
        if ((found.mode & 0o777) !== modeOf(entry)) chmodSync(this.at(path), modeOf(entry));
        if (made && entry.mtime) utimesSync(this.at(path), entry.mtime, entry.mtime);
      });
    }
  }

  /** Closes a file that was not written to its end. */
  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  private at(path: string): string {
    return `${this.root}/${path}`;
  }

  private addDirectory(path: string, later: Later): void {
    if (path === '') return;
    // Private until it gets its permissions.
    const made = this.enter(path, 0o700);
    const earlier = this.directories.get(path);
    this.directories.set(path, { ...later, made: made || earlier?.made === true });
  }

  /** Creates another name of a file of the tar. */
  private addName(path: string, { entry, problem }: Later): void {
    const first = partsOf(entry.linkpath ?? '').join('/');
    const link = this.links.get(first);
    if (link) return void this.links.set(path, { entry: link.entry, problem });
    this.enter(parentOf(first));
    if (!lstatSync(this.at(first)).isFile()) throw new Error(`it is a second name of ${first}, which is no file`);
    if (path === first) return;
    this.makeRoom(path, true);
    linkSync(this.at(first), this.at(path));
  }

  /** Makes the directories of a path. @returns whether the last was made. @throws where one of them is something else */
  private enter(path: string, mode = 0o777): boolean {
    if (this.real.has(path)) return false;
    this.enter(parentOf(path));
    const found = lstatSync(this.at(path), { throwIfNoEntry: false });
    if (found && !found.isDirectory()) throw inTheWay(found);
    if (!found) mkdirSync(this.at(path), mode);
    this.real.add(path);
    return !found;
  }

  /** Removes a file that an entry replaces. `file`: it is a file, so it does not replace a link. @throws where anything else is there */
  private makeRoom(path: string, file: boolean): void {
    if (path === '') throw new Error('the destination is a directory');
    this.enter(parentOf(path));
    const found = lstatSync(this.at(path), { throwIfNoEntry: false });
    if (!found) return;
    if (!found.isFile() && (file || !found.isSymbolicLink())) throw inTheWay(found);
    unlinkSync(this.at(path));
  }

  private write(entry: ReadEntry, path: string, problem: Problem): void {
    const { O_CREAT, O_EXCL, O_WRONLY, O_NOFOLLOW } = constants;
    const fd = openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
    this.fd = fd;
    entry.on('data', (chunk: Buffer) => {
      if (this.fd !== fd) return;
      if (!attempt(problem, () => writeAll(fd, chunk))) this.close();
    });
    entry.on('end', () => {
      if (this.fd !== fd) return;
      attempt(problem, () => {
        fchmodSync(fd, modeOf(entry));
        if (entry.mtime) futimesSync(fd, entry.mtime, entry.mtime);
      });
      this.close();
    });
  }
}

/** @returns whether the action succeeded */
function attempt(problem: Problem, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    problem((error as Error).message);
    return false;
  }
}

/** @throws for a path that leads upwards */
function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new Error(`its path ${path} leads out of the destination`);
  return parts;
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

/** Without setuid, setgid and sticky bits. */
function modeOf({ mode = 0o644 }: ReadEntry): number {
  return mode & 0o777;
}

function inTheWay(found: Stats): Error {
  const kind = found.isSymbolicLink() ? 'a link' : found.isDirectory() ? 'a directory' : (specialOf(found) ?? 'a file');
  return new Error(`${kind} is in its place, and a copy would replace it`);
}

function writeAll(fd: number, chunk: Buffer): void {
  for (let done = 0; done < chunk.length;) done += writeSync(fd, chunk, done);
}
