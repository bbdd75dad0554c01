import type { Readable, Writable } from 'node:stream';

/** What a name in a directory is, links not followed. */
export type Kind = 'directory' | 'file' | 'link' | 'other';

export interface Entry {
  name: string;
  kind: Kind;
}

export interface Stat {
  kind: Kind;
  uid: number;
  /** Permission bits alone. */
  mode: number;
  /** Milliseconds since the epoch. */
  modified: number;
  /** What it takes on the disk: a sparse file less than it is long. */
  bytes: number;
}

/** A directory held open: what is done through `path` stays inside it, whatever its name points to meanwhile. */
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

/** A process that outlives us; its output goes to a file. */
export interface DetachedChild {
  /** True once it wrote to its descriptor 3, false when it ended before. */
  started: Promise<boolean>;
}

/** A process whose streams are ours; leader of its own session, so that it can be ended whole. */
export interface PipedChild {
  pid: number;
  stdin: Writable | null;
  stdout: Readable;
  stderr: Readable;
  /** When the process itself has ended; its streams may still be open. */
  exited: Promise<Exit>;
}

/**
 * All that the process backend does to the machine goes through here, so that a test can stop the program at each call. File
 * functions throw Node's errors (with `code`) unless they say otherwise.
 */
export interface System {
  /** The path without links, as far as it exists. */
  realpath(path: string): string;
  /** `null`: nothing there. */
  stat(path: string): Promise<Stat | null>;
  /** `null`: no such directory. */
  entries(path: string): Promise<Entry[] | null>;
  /** A regular file's text; `null`: missing, or a link. */
  readText(path: string): Promise<string | null>;
  /** `length` bytes at most from `offset` on, and the file's size; `null`: missing, or a link. */
  readBytes(path: string, offset: number, length: number): Promise<{ bytes: Buffer; size: number } | null>;
  /** A regular file that this user can execute. */
  executable(path: string): Promise<boolean>;
  /** A new file, 0600, on the disk when it returns. */
  writeNew(path: string, text: string): Promise<void>;
  /** A new directory, 0700. */
  makeDirectory(path: string): Promise<void>;
  symlink(target: string, path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file; fails when that is taken. */
  link(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** An empty one. */
  removeDirectory(path: string): Promise<void>;
  /** Never through a link at the last place; made writable for us when it was not. */
  openDirectory(path: string): Promise<OpenDirectory>;

  /** Numbers in `/proc`. */
  processIds(): number[];
  /** `null`: gone, or not ours to read. */
  readProc(path: string): string | null;
  readProcLink(path: string): string | null;
  /** Names in a directory of `/proc`; empty when it can't be read. */
  listProc(path: string): string[];

  /** Starts a process in a session of its own, output appended to `log` (made 0600). */
  spawnDetached(options: SpawnOptions, log: string): Promise<DetachedChild>;
  spawnPiped(options: SpawnOptions, stdin: boolean): Promise<PipedChild>;
  /** A negative number is a process group. Throws `ESRCH`, `EPERM`. */
  kill(pid: number, signal: NodeJS.Signals): Promise<void>;
  /** Resolves when a name in the directory came, went or was written. */
  watch(directory: string, signal: AbortSignal): Promise<void>;
}

/** The `code` of a Node error (`ENOENT`), or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Runs, and takes these error codes for success. */
export async function allowing(codes: readonly string[], act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  }
}
