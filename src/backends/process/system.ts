import type { Readable, Writable } from 'node:stream';

/** Type of an entry in a directory; links are not followed. */
export type Kind = 'directory' | 'file' | 'link' | 'other';

export interface Entry {
  name: string;
  kind: Kind;
}

export interface Stat {
  kind: Kind;
  uid: number;
  /** Only the permission bits. */
  mode: number;
  /** Milliseconds since the epoch. */
  modified: number;
  /** Bytes used on the disk: a sparse file uses less than its length. */
  bytes: number;
}

/** An open directory. Operations through `path` stay inside it, even if its name is replaced meanwhile. */
export interface OpenDirectory {
  path: string;
  close(): Promise<void>;
}

export interface SpawnOptions {
  /** Absolute. */
  file: string;
  args: string[];
  cwd: string;
  /** The whole environment: nothing of the caller's is added. */
  env: Record<string, string>;
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A process that outlives us. Its output goes to a file. */
export interface DetachedChild {
  /** True when the process has written to its descriptor 3; false if it has ended before. */
  started: Promise<boolean>;
}

/** A process with pipes for its streams. It leads its own session, so that all of it can be ended. */
export interface PipedChild {
  pid: number;
  stdin: Writable | null;
  stdout: Readable;
  stderr: Readable;
  /** Resolves when the process itself has ended. Its streams may still be open. */
  exited: Promise<Exit>;
}

/**
 * All system calls of the process backend, so that a test can stop the program at each call. File functions throw Node's errors (with `code`),
 * unless stated otherwise.
 */
export interface System {
  /** The path without links, as far as it exists. */
  realpath(path: string): string;
  /** `null`: the path does not exist. */
  stat(path: string): Promise<Stat | null>;
  /** `null`: no such directory. */
  entries(path: string): Promise<Entry[] | null>;
  /** A regular file's text; `null`: missing, or a link. */
  readText(path: string): Promise<string | null>;
  /** At most `length` bytes from `offset` on, and the file's size; `null`: missing, or a link. */
  readBytes(path: string, offset: number, length: number): Promise<{ bytes: Buffer; size: number } | null>;
  /** Whether the path is a regular file that this user can execute. */
  executable(path: string): Promise<boolean>;
  /** Makes a new file with mode 0600. It is synced when this returns. */
  writeNew(path: string, text: string): Promise<void>;
  /** Makes a new directory with mode 0700. */
  makeDirectory(path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file a second name. Fails if the name exists. */
  link(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Removes an empty directory. */
  removeDirectory(path: string): Promise<void>;
  /** Opens a directory. Its last part may not be a link. Missing permissions of the owner are added. */
  openDirectory(path: string): Promise<OpenDirectory>;

  /** Pids in `/proc`. */
  processIds(): number[];
  /** `null`: the file does not exist, or may not be read. */
  readProc(path: string): string | null;
  readProcLink(path: string): string | null;
  /** Names in a directory of `/proc`; empty if it cannot be read. */
  listProc(path: string): string[];

  /** Starts a process in its own session. Its output is appended to `log` (mode 0600). */
  spawnDetached(options: SpawnOptions, log: string): Promise<DetachedChild>;
  spawnPiped(options: SpawnOptions, stdin: boolean): Promise<PipedChild>;
  /** Sends a signal. A negative `pid` is a process group. Throws `ESRCH`, `EPERM`. */
  kill(pid: number, signal: NodeJS.Signals): Promise<void>;
  /** Resolves when an entry of the directory is added, removed or written. */
  watch(directory: string, signal: AbortSignal): Promise<void>;
}

/** The `code` of a Node error (`ENOENT`), or `undefined`. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Runs `act`. Errors with these codes count as success. */
export async function allowing(codes: readonly string[], act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  }
}
