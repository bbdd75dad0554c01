import type { Readable } from 'node:stream';
import type { Variables } from '../../plan/stack.js';
import type { Offer } from '../../spec/offer.js';
import type { BackendName, WorkerSpec } from '../../spec/worker-spec.js';
import type { HistoryEntry } from '../../state/history.js';
import type { ContainerReport } from '../../state/container-report.js';
import type { Driver } from './driver.js';
import type { OwnedObject } from './owned-object.js';
import type { Readiness, ReadinessSpec } from './readiness.js';
import type { LeaseTerms } from '../shared/own-labels.js';

export type { ContainerReport } from '../../state/container-report.js';

export interface Streams {
  stdin: NodeJS.ReadableStream | null;
  stdout: NodeJS.WritableStream;
  stderr: NodeJS.WritableStream;
  /** The command gets a terminal like this one; all its output goes to `stdout` then. */
  terminal?: Terminal | null;
}

/** A terminal as far as a command in a container can tell. */
export interface Terminal {
  size(): { rows: number; columns: number };
  /** Calls back when the size has changed. @returns what ends that */
  onResize(changed: () => void): () => void;
}

export interface LogOptions {
  follow: boolean;
  /** Last lines to begin with; `null`: all. */
  tail: number | null;
  /** Only lines from then on: milliseconds since the epoch by the backend's clock, not in the future; `null`: all. */
  since: number | null;
}

/** The files of one container, which need not run. Paths are the container's own. */
export interface ContainerFiles {
  /** What a path leads to, links followed; `null`: nothing is there. `special`: `a device`, for what is no file and no directory. */
  stat(path: string, signal: AbortSignal): Promise<{ path: string; directory: boolean; special?: string } | null>;
  /** What is there as a tar; its first entry has the last name of the path. */
  read(path: string, signal: AbortSignal): Promise<Readable>;
  /** Unpacks a tar into a directory that exists. @throws MayflyError `copy_failed` where it would replace what is no file */
  write(directory: string, tar: Readable, signal: AbortSignal): Promise<void>;
}

/** What an engine runs commands over: in the containers of its own worker, and in no others. */
export interface ExecSockets {
  /** Where the engine among a worker's objects looks for its socket; `null`: it asked for none. */
  placeOf(objects: readonly OwnedObject[]): string | null;
  /** Serves it there. `null`: somebody else does. @throws where the place can't be reached from here */
  serve(worker: string, place: string, log: { warn(fields: object, message: string): void }): Promise<ServedSocket | null>;
  /** Takes away what was made for it, once the worker is gone. */
  forget(place: string): Promise<void>;
}

export interface ServedSocket {
  close(): Promise<void>;
  /** Whether clients find it still: nobody took its place. */
  isThere(): Promise<boolean>;
}

/** Milliseconds between two times that a keeper asks what has outgrown its size: asking costs the backend a walk over its files. */
export const sizesEvery = 30_000;

/** A part of a worker that takes more on disk than it may; both in MB, `usedMB` rounded up. */
export interface Outgrown {
  worker: string;
  /** `volume work`, `container build`, `engine`. */
  what: string;
  usedMB: number;
  sizeMB: number;
}

/**
 * Where workers live, as plan, apply, leases and commands see it. Everything is found by labels; nothing here reads or writes
 * local state. An object without our labels is never changed or deleted.
 */
export interface Backend {
  name: BackendName;
  /** Tells two backends of a kind apart; `watch` requests to the keeper carry it. */
  endpoint: string;
  /** A setting of the user's says where it is; otherwise it is at its default place, which may be empty. */
  chosen?: boolean;
  /** Whose it is as our credentials lead there, where one endpoint serves many: an AWS account's number. */
  account?(): Promise<string>;
  drivers: Record<string, Driver>;
  /** Milliseconds between two looks of a keeper, where asking costs more than a call on this machine. */
  lookEvery?: number;
  /** What of the backend's own ends a worker when all of ours is gone; made before anything that computes. */
  scheduler?: { name: string; /** What of a worker's it is, so that its absence shows. */ type: string };
  /** Environment by which its Terraform provider reaches the same backend (`undefined` takes one away); absent where there is no provider. */
  providerEnv?: Record<string, string | undefined>;
  /** Answers a spec; asks the backend what it can, changes nothing. */
  offer(spec: WorkerSpec): Promise<Offer>;
  /** What all workers share and no stack holds (docker: the bridge); made when missing. Never called by a plan. */
  prepare(): Promise<void>;
  /** Removes what `prepare` made when no worker is left that needs it. Returns the names of what went. */
  tidy(options: { dryRun: boolean }): Promise<string[]>;
  /** All that is ours, or one worker's: what does not parse as an object of ours is left out. */
  list(worker?: string): Promise<OwnedObject[]>;
  /** The backend's clock less ours, in milliseconds. */
  clockSkew(): Promise<number>;
  /** The stack's variables as the running worker has them; `null` when it can't be told. */
  recoverVariables(worker: string): Promise<Variables | null>;
  /** Where a worker that is ready is reached, on a backend that gives it an address only then. */
  address?(worker: string): Promise<string | null>;
  /** Whether it does what its spec asks; see `settle`. */
  readiness(worker: string, spec: ReadinessSpec): Promise<Readiness>;
  /**
   * Exit codes and last lines of a worker's containers, for errors and history; `known`: its objects, to spare a look. One that
   * `known` says was running is told as that, though it may have been stopped since.
   */
  report(worker: string, known?: readonly OwnedObject[]): Promise<ContainerReport[]>;
  /** Writes the lease object before it removes older ones; `ends` in seconds since the epoch, by the backend's clock. */
  writeLease(worker: string, terms: LeaseTerms, ends: number): Promise<void>;
  /** Ends what runs of a worker, TERM, 10 s, KILL, and leaves it there, so that its last words can be had. Idempotent. */
  stop(worker: string, signal?: AbortSignal, known?: readonly OwnedObject[]): Promise<void>;
  /** Ends all of a worker by its labels: TERM, 10 s, KILL, then removes it; the lease last. Idempotent. `known`: its objects, to spare a look. */
  end(worker: string, signal?: AbortSignal, known?: readonly OwnedObject[]): Promise<void>;
  /** Ends and removes these objects alone, in the same way; `may` is asked right before each, and where it says no the object stays. */
  endOnly(objects: readonly OwnedObject[], may: (object: OwnedObject) => Promise<boolean>, signal?: AbortSignal): Promise<void>;
  /** Resolves when something may have ended or begun (an event of the backend), so that a keeper need not wait for its next look. */
  changed?(signal: AbortSignal): Promise<void>;
  /** A keeper that lives in the backend itself and goes on when every client is gone: its name, `null` when there is none. */
  residentKeeper?(): Promise<string | null>;
  /** How lives of a worker ended, as that keeper wrote it down, for 7 days; also of one that does not run. */
  residentHistory?(worker: string): Promise<HistoryEntry[]>;
  /** Where it has them: sockets that engines run commands in their own containers over. */
  execSockets?: ExecSockets;
  /** What has outgrown the size in its `storage` label, of one worker or of all; for backends that don't limit it themselves. */
  outgrown?(worker?: string, signal?: AbortSignal): Promise<Outgrown[]>;
  /** @returns the command's exit code. @throws `container_unknown`, `usage` where no terminal can be had */
  exec(worker: string, container: string, command: string[], streams: Streams, signal: AbortSignal): Promise<number>;
  logs(
    worker: string,
    container: string,
    options: LogOptions,
    streams: Pick<Streams, 'stdout' | 'stderr'>,
    signal: AbortSignal,
  ): Promise<void>;
  /** @throws MayflyError `container_unknown` */
  files(worker: string, container: string): Promise<ContainerFiles>;
  close(): void;
}
