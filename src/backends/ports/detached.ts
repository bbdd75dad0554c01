import type { Writable } from 'node:stream';
import type { CommandSettings } from './command-settings.js';

/** A command that runs in a container without its caller. */
export interface DetachedPlace {
  worker: string;
  container: string;
  /** A UUID, chosen by the caller. */
  id: string;
}

export interface DetachedOptions extends DetachedPlace {
  command: string[];
  settings?: CommandSettings | undefined;
  /** The whole input; absent: empty. */
  input?: string | null | undefined;
  /** Milliseconds until its processes are ended, by TERM and then by KILL; `null`: none. The node's clock counts, in whole seconds. */
  timeout: number | null;
  /** Bytes of output that are kept. The rest is dropped. */
  cap: number;
}

/** The state of a command, as its wrapper has written it. A code is never inferred. */
export type DetachedState =
  | { state: 'running' }
  /** A code above 128 is 128 + the signal that ended the command, as shells report it; a program may also return such a code by itself. */
  | { state: 'exited'; code: number }
  | { state: 'timed_out' }
  | { state: 'stopped' }
  /** The command was started, its wrapper or its container is gone, and nothing was written. */
  | { state: 'lost' };

export type DetachedEnd = Exclude<DetachedState, { state: 'running' }>;

/** The following of a command's output from its start on. */
export interface DetachedFollow {
  /** Called when the command was started. */
  started(): void;
  /** Ends the following: the command goes on. */
  signal: AbortSignal;
  sink: Writable;
}

export interface DetachedOutput {
  /** Bytes that were written to the sink. */
  bytes: number;
  /** The command wrote more than is kept. */
  cut: boolean;
}

/**
 * Commands that run without their caller. Their results are files of the container: they stay when the container stops, and end with the
 * worker.
 *
 * @throws MayflyError `container_unknown`
 */
export interface Detached {
  /**
   * Starts a command. If a command with this id was started before, nothing happens.
   *
   * @throws MayflyError `not_ready` where the container does not run; `usage` for a setting that it cannot give, and where its image has
   *   no `sh`
   */
  start(options: DetachedOptions): Promise<void>;
  /**
   * As `start`; then it writes the output from the first byte on, until the command has ended, or the backend follows no longer. One
   * connection does both, so the first bytes arrive early.
   *
   * @throws MayflyError as `start`; the signal's reason
   */
  startAndFollow(options: DetachedOptions, follow: DetachedFollow): Promise<DetachedOutput & { state: DetachedState }>;
  /**
   * Returns a command's state; `null`: no such command. `wait`: it returns at the command's end, and `running` when the backend waits no
   * longer.
   */
  state(place: DetachedPlace, options: { wait: boolean; signal: AbortSignal }): Promise<DetachedState | null>;
  /**
   * Writes the kept output from a byte on, both streams in the order of writing. `follow`: it waits for more until the command has ended,
   * or the backend waits no longer. `null`: no such command.
   */
  output(
    place: DetachedPlace,
    options: { from: number; follow: boolean; signal: AbortSignal },
    sink: Writable,
  ): Promise<(DetachedOutput & { state: DetachedState }) | null>;
  /** Ends a command's processes: TERM, and KILL after `grace` milliseconds. Returns when they are gone. A command that has ended stays as it is. */
  stop(place: DetachedPlace, options: { grace: number; signal: AbortSignal }): Promise<void>;
  /**
   * Removes the files of a command that has ended; one that goes on keeps them. Missing ones are success. A start with its id begins it again.
   * Files of a container that has stopped may stay.
   */
  remove(place: DetachedPlace, options: { signal: AbortSignal }): Promise<void>;
}
