import { Directory, type Inode, wasi } from '@bjorn3/browser_wasi_shim';
import { longestPath, type WasmLimits } from '../limits.js';
import type { WasmRequest } from '../request.js';
import type { TreeChanges, TreeEntry } from '../result.js';
import { OpenStoredDirectory, type Room, StoredDirectory, StoredFile } from './stored.js';

/** The module's files, in memory. */
export class Tree {
  readonly room: Room;
  /** The directory that the module finds open. */
  readonly preopened: OpenStoredDirectory | null;
  private readonly root: StoredDirectory;
  private readonly given: ReadonlyMap<string, Inode>;

  constructor(
    directory: WasmRequest['directory'],
    private readonly limits: WasmLimits,
  ) {
    this.room = { bytes: limits.files, entries: limits.entries };
    this.root = new StoredDirectory(this.room);
    for (const entry of directory?.entries ?? []) this.put(entry);
    this.given = new Map(objectsIn(this.root));
    this.preopened = directory && new Preopened(this.root, directory.name);
  }

  /** The differences to the given tree. @throws TooLarge if they are beyond the limits: hard links count once in the tree, and several times here */
  changes(): TreeChanges {
    const now = new Map(objectsIn(this.root));
    const removed = [...this.given].filter(([path, inode]) => !isSameKind(inode, now.get(path))).map(([path]) => path);
    const written = [...now].filter(([path, inode]) => this.differs(path, inode)).map(([path, inode]) => entryOf(path, inode));
    const bytes = written.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.bytes.byteLength : 0), 0);
    if (bytes > this.limits.files) throw new TooLarge(`${bytes} bytes in changed files, and the limit is ${this.limits.files}`);
    return { removed, written };
  }

  private differs(path: string, inode: Inode): boolean {
    const before = this.given.get(path);
    if (inode instanceof StoredFile) return inode !== before || inode.changed;
    return !isSameKind(inode, before);
  }

  private put(entry: TreeEntry): void {
    const parts = entry.path.split('/');
    const name = parts.pop()!;
    let directory = this.root;
    for (const part of parts) {
      const next = directory.contents.get(part) ?? new StoredDirectory(this.room);
      if (!(next instanceof StoredDirectory)) throw new Error(`${entry.path} is below a file`);
      if (!directory.contents.has(part)) directory.contents.set(part, next);
      directory = next;
    }
    if (entry.kind === 'file') directory.contents.set(name, new StoredFile(entry.bytes, this.room));
    else if (!directory.contents.has(name)) directory.contents.set(name, new StoredDirectory(this.room));
  }
}

export class TooLarge extends Error {}

class Preopened extends OpenStoredDirectory {
  constructor(
    root: StoredDirectory,
    private readonly name: string,
  ) {
    super(root);
  }

  override fd_prestat_get(): { ret: number; prestat: wasi.Prestat } {
    return { ret: wasi.ERRNO_SUCCESS, prestat: wasi.Prestat.dir(this.name) };
  }
}

/** All objects below a directory by path, directories before their contents. */
function* objectsIn(directory: Directory, prefix = ''): Generator<[string, Inode]> {
  for (const [name, inode] of directory.contents) {
    const path = `${prefix}${name}`;
    if (Buffer.byteLength(path) > longestPath) throw new TooLarge(`a path of more than ${longestPath} bytes`);
    yield [path, inode];
    if (inode instanceof Directory) yield* objectsIn(inode, `${path}/`);
  }
}

function isSameKind(one: Inode, other: Inode | undefined): boolean {
  return other !== undefined && one instanceof StoredFile === other instanceof StoredFile;
}

function entryOf(path: string, inode: Inode): TreeEntry {
  return inode instanceof StoredFile ? { kind: 'file', path, bytes: inode.data } : { kind: 'directory', path };
}
