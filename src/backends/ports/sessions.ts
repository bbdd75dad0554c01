import type { Readable } from 'node:stream';
import type { CommandSettings } from './command-settings.js';
import type { Detached } from './detached.js';

export type { CommandSettings } from './command-settings.js';

export interface Streams {
  stdin: NodeJS.ReadableStream | null;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** Gives the command a terminal of this size; then all output is written to `stdout`. */
  terminal?: Terminal | null;
}

/** The size of a terminal. */
export interface Terminal {
  size(): { rows: number; columns: number };
  /** Calls `changed` after each change of the size. @returns a function that ends the calls */
  onResize(changed: () => void): () => void;
}

export interface LogOptions {
  follow: boolean;
  /** The number of last lines to begin with; `null`: all. */
  tail: number | null;
  /** Only lines from this time on, in milliseconds since the epoch by the node's clock, not in the future; `null`: all. */
  since: number | null;
}

export interface Logs {
  /** @throws MayflyError `container_unknown` */
  logs(
    worker: string,
    container: string,
    options: LogOptions,
    streams: Pick<Streams, 'stdout' | 'stderr'>,
    signal: AbortSignal,
  ): Promise<void>;
}

/** How a command is cancelled. */
export interface Cancel {
  /** Aborts when the command must end: its processes get `signal()`, and KILL after `grace` milliseconds. */
  stop: AbortSignal;
  /** Aborts when the command must end at once, by KILL. */
  kill: AbortSignal;
  grace: number;
  signal(): CancelSignal;
}

/** Ctrl-C, or any other request to end. */
export type CancelSignal = 'INT' | 'TERM';

export interface ExecOptions extends CommandSettings {
  command: string[];
  streams: Streams;
  cancel: Cancel;
  /** Aborts when nobody waits for the command any more: it goes on, and its output is dropped. Default: never. */
  abandon?: AbortSignal | undefined;
}

/** Commands and files inside a running worker. */
export interface Sessions {
  /**
   * Runs a command. A cancel ends it with its children.
   *
   * @returns its exit code
   * @throws MayflyError `container_unknown`; `usage` for a terminal, a user or a working directory that the container cannot
   *   give; the reason of `cancel.stop` after a cancel
   */
  exec(worker: string, container: string, options: ExecOptions): Promise<number>;
  /** @throws MayflyError `container_unknown` */
  files(worker: string, container: string): Promise<WorkerFiles>;
  /**
   * Makes a fresh container of a stopped one: with its image, settings and volumes, without its own files and without a network. It is an
   * object of the worker, so it ends with the worker if this process is killed. `null`: `capabilities.fresh` has the reason.
   *
   * @throws MayflyError `container_unknown`
   */
  readonly fresh: ((worker: string, container: string) => Promise<FreshContainer>) | null;
  /** Commands that run without their caller. */
  readonly detached: Detached;
}

/** A container that lives for one command. */
export interface FreshContainer {
  /** The id of its object in the inventory. */
  id: string;
  /** As `Sessions.exec`. */
  exec(options: ExecOptions): Promise<number>;
  /** Removes the container. A missing one is success. */
  remove(): Promise<void>;
}

/** The files of one container, running or not. Paths are those inside the container. */
export interface ContainerFiles {
  /** The container's working directory, an absolute path. */
  workingDirectory: string;
  /** The ids of the container's user; `null`: the backend's files belong to the user of this process. */
  owner(signal: AbortSignal): Promise<{ uid: number; gid: number } | null>;
  /** The object at a path, links followed; `null`: none. `special`: its kind, such as `a device`, if it is neither file nor directory. */
  stat(path: string, signal: AbortSignal): Promise<{ path: string; directory: boolean; special?: string } | null>;
  /** Returns a tar of the file or tree at a path. Its first entry has the last name of the path. */
  read(path: string, signal: AbortSignal): Promise<Readable>;
  /** Unpacks a tar into an existing directory. @throws MayflyError `copy_failed` where it would replace a special file */
  write(directory: string, tar: Readable, signal: AbortSignal): Promise<void>;
}

/** The files of a container, which files of another worker can come into. */
export interface WorkerFiles extends ContainerFiles {
  /**
   * Makes an empty directory in an existing one of the container.
   *
   * @throws MayflyError `not_ready` where the container does not run, `not_possible` where its image lacks the programs for it
   */
  stage(directory: string, signal: AbortSignal): Promise<Staging>;
}

/** A directory in a container, for files that get their place when all of them have arrived. */
export interface Staging {
  /** Its path in the container. */
  path: string;
  /** Unpacks a tar into it. */
  write(tar: Readable, signal: AbortSignal): Promise<void>;
  /** Returns a tar as `ContainerFiles.read` does. `path`: in it. */
  read(path: string, signal: AbortSignal): Promise<Readable>;
  /**
   * Moves a file or a tree in it to a path of the container. A file replaces a file at once, and a tree that is new is there at once. A
   * directory joins an existing one, entry by entry.
   *
   * @throws MayflyError `copy_failed` where a file of another kind is in the way
   */
  place(path: string, to: string, signal: AbortSignal): Promise<void>;
  /** Removes it, with its content. */
  remove(signal: AbortSignal): Promise<void>;
}
