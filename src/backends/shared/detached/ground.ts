import type { Writable } from 'node:stream';
import type { CommandSettings, ExecOptions } from '../../ports/sessions.js';

/** A container, as far as detached commands need it. */
export interface Ground {
  /** Absolute path of the directory of all commands, in the container's own files. */
  directory: string;
  /** @throws MayflyError where the container runs no commands now */
  assertRuns(): Promise<void>;
  /** Runs a command. It may be called although the container runs no commands, if `files` is `null`. */
  exec(options: ExecOptions): Promise<number>;
  /** Settings of a script that may read and signal everything in the container. */
  own: CommandSettings;
  /** The files of a container that runs no scripts; `null`: it does. */
  files: GroundFiles | null;
}

export interface GroundFiles {
  /** Its processes exist, but do not run now. */
  paused: boolean;
  /** Writes a file from a byte on. @returns the number of bytes; `null`: no such file */
  read(path: string, from: number, sink: Writable, signal: AbortSignal): Promise<number | null>;
}
