import { Directory, File, type Inode, OpenDirectory, OpenFile, wasi } from '@bjorn3/browser_wasi_shim';

/** Room that is left in the tree. */
export interface Room {
  /** Bytes of contents. */
  bytes: number;
  /** Files and directories. */
  entries: number;
}

/** A file of the tree. Its size counts until it has neither a name nor an open descriptor. */
export class StoredFile extends File {
  /** Whether the contents differ from the given ones. */
  changed = false;
  /** Names and open descriptors. */
  private users = 0;
  private buffer: Uint8Array | null = null;

  constructor(
    given: Uint8Array,
    private readonly room: Room,
  ) {
    super([]);
    // Shared until the first change.
    this.data = given;
  }

  use(): void {
    if (this.users++ === 0) this.room.bytes -= this.data.byteLength;
  }

  release(): void {
    if (--this.users === 0) this.room.bytes += this.data.byteLength;
  }

  /** Writes at a position, at the end or behind it too. @returns an errno */
  write(bytes: Uint8Array, position: bigint): number {
    const end = position + BigInt(bytes.byteLength);
    const errno = this.resize(end > this.size ? end : this.size);
    if (errno === wasi.ERRNO_SUCCESS) this.data.set(bytes, Number(position));
    return errno;
  }

  /** Cuts the contents or adds zeros. @returns an errno */
  resize(to: bigint): number {
    const [size, before] = [Number(to), this.data.byteLength];
    if (size < 0 || size - before > this.room.bytes) return wasi.ERRNO_NOSPC;
    if (this.buffer === null || this.buffer.byteLength < size) {
      // Twice the size, so that many small writes copy little.
      const buffer = new Uint8Array(this.buffer === null ? size : 2 * size);
      buffer.set(this.data.subarray(0, size));
      this.buffer = buffer;
    } else {
      this.buffer.fill(0, size, Math.max(size, before));
    }
    this.data = this.buffer.subarray(0, size);
    this.room.bytes -= size - before;
    this.changed = true;
    return wasi.ERRNO_SUCCESS;
  }

  override path_open(oflags: number, _rights: bigint, flags: number): { ret: number; fd_obj: OpenStoredFile } {
    if ((oflags & wasi.OFLAGS_TRUNC) !== 0) this.resize(0n);
    return { ret: wasi.ERRNO_SUCCESS, fd_obj: new OpenStoredFile(this, flags) };
  }
}

/** The objects of a directory. The shim puts plain files and directories there: they become stored ones. */
class Contents extends Map<string, Inode> {
  constructor(private readonly room: Room) {
    super();
  }

  override set(name: string, inode: Inode): this {
    const stored = this.stored(inode);
    // The new name first: the old object may be the same file.
    if (stored instanceof StoredFile) stored.use();
    this.delete(name);
    this.room.entries--;
    return super.set(name, stored);
  }

  override delete(name: string): boolean {
    const inode = this.get(name);
    if (inode === undefined) return false;
    if (inode instanceof StoredFile) inode.release();
    this.room.entries++;
    return super.delete(name);
  }

  private stored(inode: Inode): Inode {
    if (inode instanceof StoredFile || inode instanceof StoredDirectory) return inode;
    return inode instanceof Directory ? new StoredDirectory(this.room) : new StoredFile(new Uint8Array(), this.room);
  }
}

export class StoredDirectory extends Directory {
  constructor(readonly room: Room) {
    super(new Contents(room));
  }

  override path_open(): { ret: number; fd_obj: OpenStoredDirectory } {
    return { ret: wasi.ERRNO_SUCCESS, fd_obj: new OpenStoredDirectory(this) };
  }

  override create_entry_for_path(path: string, isDirectory: boolean): { ret: number; entry: Inode | null } {
    if (this.room.entries <= 0) return { ret: wasi.ERRNO_NOSPC, entry: null };
    const { ret } = super.create_entry_for_path(path, isDirectory);
    if (ret !== wasi.ERRNO_SUCCESS) return { ret, entry: null };
    const found = this.path_open().fd_obj.path_lookup(path, 0);
    return { ret: found.ret, entry: found.inode_obj };
  }
}

export class OpenStoredDirectory extends OpenDirectory {
  constructor(private readonly stored: StoredDirectory) {
    super(stored);
  }

  override path_link(path: string, inode: Inode, renaming: boolean): number {
    if (this.stored.room.entries <= 0) return wasi.ERRNO_NOSPC;
    if (!renaming && this.path_lookup(path, 0).inode_obj !== null) return wasi.ERRNO_EXIST;
    // The shim refuses a slash behind the new name of a directory.
    return super.path_link(inode instanceof Directory ? path.replace(/\/+$/, '') : path, inode, renaming);
  }
}

export class OpenStoredFile extends OpenFile {
  constructor(
    private readonly stored: StoredFile,
    private flags: number,
  ) {
    super(stored);
    stored.use();
  }

  override fd_close(): number {
    this.stored.release();
    return wasi.ERRNO_SUCCESS;
  }

  override fd_fdstat_get(): { ret: number; fdstat: wasi.Fdstat } {
    return { ret: wasi.ERRNO_SUCCESS, fdstat: new wasi.Fdstat(wasi.FILETYPE_REGULAR_FILE, this.flags) };
  }

  override fd_fdstat_set_flags(flags: number): number {
    this.flags = flags;
    return wasi.ERRNO_SUCCESS;
  }

  override fd_allocate(offset: bigint, length: bigint): number {
    const end = offset + length;
    return end > this.stored.size ? this.stored.resize(end) : wasi.ERRNO_SUCCESS;
  }

  override fd_filestat_set_size(size: bigint): number {
    return this.stored.resize(size);
  }

  override fd_write(bytes: Uint8Array): { ret: number; nwritten: number } {
    if ((this.flags & wasi.FDFLAGS_APPEND) !== 0) this.file_pos = this.stored.size;
    const written = this.fd_pwrite(bytes, this.file_pos);
    this.file_pos += BigInt(written.nwritten);
    return written;
  }

  override fd_pwrite(bytes: Uint8Array, offset: bigint): { ret: number; nwritten: number } {
    const ret = this.stored.write(bytes, offset);
    return { ret, nwritten: ret === wasi.ERRNO_SUCCESS ? bytes.byteLength : 0 };
  }
}
