import type { Writable } from 'node:stream';
import type { CommandSettings, ExecOptions } from '../../ports/sessions.js';

/** A container, as far as detached commands need it. */
export interface Ground {
  /** Absolute path of the directory of all commands, in the container's own files. */
  directory: string;
  /** @throws MayflyError where the container runs no commands now */
  assertRuns(): Promise<void>;
  /** Runs a command where `files` is `null`. @throws MayflyError `not_ready` if the container has stopped meanwhile */
  exec(options: ExecOptions): Promise<number>;
  /** Settings of a script that makes the directory. */
  root: CommandSettings;
  /** The files of a container that runs no scripts; `null`: it does. */
  files: GroundFiles | null;
}

export interface GroundFiles {
  /** Its processes exist, but do not run now. */
  paused: boolean;
  /** Writes a file from a byte on. @returns whether it exists */
  read(path: string, from: number, sink: Writable, signal: AbortSignal): Promise<boolean>;
}
