import type { Problem } from '../errors.js';
import { type Resources, totals, type WorkerSpec } from '../spec/worker-spec.js';
import type { HistoryEntry } from '../state/history-entry.js';
import type { Workers } from '../tasks/stealing/workers.js';
import type { RunCommand } from './results/run-command.js';
import type { Results } from './results/states.js';
import type { Held } from './schedule/snapshot.js';

/**
 * One request on its way through the dispatcher. Times in milliseconds since the epoch by the dispatcher's clock, unless a comment names
 * the node's clock.
 */
export interface Run {
  /** A UUID. The worker's name is computed from it, see `worker-name.ts`. */
  id: string;
  organisation: string;
  /** Raised by each transition. A change is only stored over the revision that it was decided on. */
  revision: number;
  state: RunState;
  /** Why the run is in its state; `null` where the state alone explains it. */
  reason: RunReason | null;
  /** Higher first. */
  priority: number;
  labels: Readonly<Record<string, string>>;
  /** The client's own description of its program. The dispatcher only stores it. */
  program: Program;
  /** The fleet that has it as a worker; `null`: none. */
  fleet: string | null;
  /** The workers that do its tasks; `null`: the one of its attempt. */
  workers: Workers | null;
  /** As a stealer: the worker of the run whose tasks its own worker takes, its primary; `null`: it is none. */
  primary: string | null;
  /** The spec's own name. The worker has another, made from the run's id. */
  name: string;
  /** The spec without its secrets; `null`: the store was lost, and the run was made again from its worker's labels. */
  spec: WorkerSpec | null;
  /** The resources of its worker. */
  asks: Resources;
  /** The most attempts in a row of which none gets further than those before. */
  attempts: number;
  /** Failed attempts since one got further than all before. */
  tries: number;
  /** The most resources that an attempt has made. */
  reached: number;
  /** A node that the next attempt leaves out where others accept the spec; `null`: none. */
  avoid: string | null;
  /** Number of the current attempt, or of the last one; 0 before the first placement. */
  attempt: number;
  /** The node of the current attempt; `null` while the run waits. */
  node: string | null;
  /** The name of the current attempt's worker; `null` while the run waits. */
  worker: string | null;
  /** The installation whose label the current attempt's worker has; `null`: this one. Set by an import. */
  maker: string | null;
  /** In state `moved`: the installation that may import the run. */
  movedTo: string | null;
  /** The fence of the current attempt: its worker does not live longer without a lease. Seconds since the epoch by the node's clock. */
  until: number | null;
  /** When the worker became ready. */
  readyAt: number | null;
  /** The end of the worker's lease, by the node's clock. */
  ends: number | null;
  /** In state `ending`: the state that follows when the worker was seen gone. */
  next: Next | null;
  createdAt: number;
  /** When the last attempt began. */
  lastTryAt: number | null;
  /** No attempt begins before; `null`: at once. */
  notBefore: number | null;
  /** The start that is promised to it; `null`: none is. */
  promise: Held | null;
  /** A node that costs money is used rather than waiting longer than this, in milliseconds after `createdAt`; `null`: it waits. */
  maxWait: number | null;
  /** In state `offered`: when it ends, if nobody accepts it. */
  bidExpires: number | null;
  /** The client's own id of its request: the Idempotency-Key, or the `id` of a worker request; `null`: it has sent none. */
  requestId: string | null;
  /** The end of the lease that an event `expiring` has announced; `null`: none has. */
  warnedOf: number | null;
  /** When the run got its final state. */
  completedAt: number | null;
  exitCode: number | null;
  /** Its command; `null`: it lives as long as its worker. */
  command: RunCommand | null;
  /** When the command of the current attempt was started. */
  commandAt: number | null;
  /** How the command of the current attempt has ended; `null`: it has not. */
  commandEnd: Next | null;
  /** Results of its command; `null`: they were not collected yet. */
  results: Results | null;
  /** When the results are to be published, or expire; `null`: neither. */
  resultsDue: number | null;
}

/** A run whose spec the store has. */
export type WithSpec = Run & { spec: WorkerSpec };

export function hasSpec(run: Run): run is WithSpec {
  return run.spec !== null;
}

export type WithCommand = WithSpec & { command: RunCommand };

export function hasCommand(run: Run): run is WithCommand {
  return hasSpec(run) && run.command !== null;
}

/** The fields of a run that nobody has placed. */
export const unplaced = {
  ...{ revision: 0, state: 'queued', reason: null, next: null, tries: 0, reached: 0, avoid: null, attempt: 0 },
  ...{ node: null, worker: null, maker: null, movedTo: null, until: null, readyAt: null, ends: null },
  ...{ lastTryAt: null, notBefore: null, completedAt: null, exitCode: null },
  ...{ promise: null, maxWait: null, bidExpires: null, requestId: null, warnedOf: null, fleet: null, workers: null, primary: null },
  ...{ command: null, commandAt: null, commandEnd: null, results: null, resultsDue: null },
} as const satisfies Partial<Run>;

/** A run that was just submitted. `bidExpires`: of a bid; `null`: a run that is queued. */
export function submittedRun({
  now,
  workers = null,
  primary = null,
  ...asked
}: Pick<
  Run,
  'id' | 'organisation' | 'priority' | 'labels' | 'program' | 'attempts' | 'maxWait' | 'bidExpires' | 'requestId' | 'fleet' | 'command'
> &
  Partial<Pick<Run, 'workers' | 'primary'>> & {
    spec: WorkerSpec;
    now: number;
  }): WithSpec {
  const state = asked.bidExpires === null ? 'queued' : 'offered';
  return { ...unplaced, ...asked, workers, primary, state, name: asked.spec.name, asks: totals(asked.spec), createdAt: now };
}

/** The parts of a `Program` are free. */
export interface Program {
  name: string | null;
  params: Readonly<Record<string, unknown>>;
  args: readonly unknown[];
}

export const noProgram: Program = { name: null, params: {}, args: [] };

/** The state after `ending`. */
export interface Next {
  state: 'queued' | Exclude<FinalState, 'moved'>;
  reason: RunReason | null;
  exitCode: number | null;
}

/**
 * `offered`: a bid that nobody has accepted yet. `queued`: waits for a node. `placed`: a node and a fence are stored, and nothing was called
 * yet. `provisioning`: the worker is being made. `running`: it is ready. `ending`: it is being ended, until it was seen gone. `moved`: another
 * installation has the run, and its worker. `elsewhere`: a client executes it by itself, and reports its end.
 */
export const runStates = [
  ...(['offered', 'queued', 'placed', 'provisioning', 'running', 'ending', 'elsewhere'] as const),
  ...(['completed', 'failed', 'cancelled', 'moved'] as const),
] as const;
export type RunState = (typeof runStates)[number];
export type FinalState = 'completed' | 'failed' | 'cancelled' | 'moved';

/** The states that may follow each state. A run whose worker may exist leaves through `ending`, or with its worker. */
export const following = {
  offered: ['queued', 'cancelled'],
  queued: ['placed', 'failed', 'cancelled', 'moved'],
  placed: ['provisioning', 'ending'],
  provisioning: ['running', 'ending'],
  running: ['ending', 'moved'],
  ending: ['queued', 'completed', 'failed', 'cancelled'],
  elsewhere: ['completed', 'failed', 'cancelled'],
  completed: [],
  failed: [],
  cancelled: [],
  moved: [],
} as const satisfies Record<RunState, readonly RunState[]>;

export function mayFollow(from: RunState, to: RunState): boolean {
  return (following[from] as readonly RunState[]).includes(to);
}

export function isFinal(state: RunState): state is FinalState {
  return following[state].length === 0;
}

/** Why a run is in its state. Each is set where its cause arises. */
export const runReasons = [
  /** The engine exited by itself: with 0 a completed run, else a failed one. */
  'engine_exited',
  /** Its time was up. */
  'expired',
  'out_of_memory',
  'storage_exceeded',
  /** Its command exited, or was ended by a signal: with 0 a completed run, else a failed one. */
  'command_exited',
  /** Its command ran longer than its `timeout`. */
  'timed_out',
  /** A person or a program ended its command. */
  'command_stopped',
  /** Its command has ended, and its exit code was not recorded. */
  'command_lost',
  /** Its command could not be started. */
  'command_not_started',
  /** Its command exited with 0, and an artifact that is not optional does not exist. */
  'artifacts_missing',
  /** A person or a program ended the worker without the dispatcher. */
  'destroyed',
  /** A client has executed it elsewhere, and has reported the end. */
  'reported',
  /** The worker is gone, and no record of its end was found; or nobody has reported the end of a run elsewhere. */
  'end_unknown',
  /** The worker did not become ready. */
  'not_ready',
  /** The attempt failed, and another one follows. */
  'retry',
  /** All attempts failed; the run's attempts have the errors. */
  'attempts_failed',
  /** Another attempt could cost more than the spec's `max_cost` leaves; the run's attempts have their errors. */
  'cost_exceeded',
  /** A person gave the run's node back. */
  'requeued',
  /** Nobody accepted the bid in time. */
  'bid_expired',
  'rejected',
  'cancelled',
] as const;
export type RunReason = (typeof runReasons)[number];

/** One worker made for a run. Times by the node's clock, in milliseconds since the epoch. */
export interface Attempt {
  run: string;
  /** From 1. */
  number: number;
  node: string;
  startedAt: number;
  readyAt: number | null;
  endedAt: number | null;
  /** Why it failed; `null` while it goes on, and after one that did not fail. */
  error: AttemptError | null;
  /** The record of its worker's end; `null`: the worker lives, or no record was found. */
  end: HistoryEntry | null;
  /** Of its worker, in millionths of a US dollar an hour. */
  price: number;
  /** In millionths of a US dollar: while it lives, the most that it may cost; then its real cost. */
  cost: number;
}

export interface AttemptError {
  code: string;
  problems: Problem[];
}

/** A change of a run, in one order over all runs. */
export interface RunEvent {
  /** Rises over all runs. */
  sequence: number;
  run: string;
  attempt: number;
  at: number;
  type: string;
  /** JSON. */
  data: Readonly<Record<string, unknown>>;
}

/** An event that is to be stored. */
export interface NewEvent {
  at: number;
  type: string;
  data: Readonly<Record<string, unknown>>;
}
