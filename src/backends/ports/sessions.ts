import type { Readable } from 'node:stream';

export interface Streams {
  stdin: NodeJS.ReadableStream | null;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** The command gets a terminal like this one; all its output is then written to `stdout`. */
  terminal?: Terminal | null;
}

/** A terminal as far as a command in a container can see it. */
export interface Terminal {
  size(): { rows: number; columns: number };
  /** Calls `changed` whenever the size has changed. @returns a function that ends this */
  onResize(changed: () => void): () => void;
}

export interface LogOptions {
  follow: boolean;
  /** How many of the last lines to begin with; `null`: all. */
  tail: number | null;
  /** Only lines from then on: milliseconds since the epoch by the node's clock, not in the future; `null`: all. */
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

/** Commands and files inside a running worker. */
export interface Sessions {
  /** @returns the command's exit code. @throws MayflyError `container_unknown`; `usage` where no terminal can be had */
  exec(worker: string, container: string, command: string[], streams: Streams, signal: AbortSignal): Promise<number>;
  /** @throws MayflyError `container_unknown` */
  files(worker: string, container: string): Promise<ContainerFiles>;
}

/** The files of one container, which need not run. Paths are the container's own. */
export interface ContainerFiles {
  /** What a path leads to, links followed; `null`: nothing. `special`: `a device`, for what is no file and no directory. */
  stat(path: string, signal: AbortSignal): Promise<{ path: string; directory: boolean; special?: string } | null>;
  /** A tar of what is at the path. Its first entry has the last name of the path. */
  read(path: string, signal: AbortSignal): Promise<Readable>;
  /** Unpacks a tar into a directory that exists. @throws MayflyError `copy_failed` where it would replace what is no file */
  write(directory: string, tar: Readable, signal: AbortSignal): Promise<void>;
}
