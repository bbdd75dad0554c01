import type { Resources } from '../../spec/worker-spec.js';
import type { Functions } from '../../tasks/functions/functions.js';
import type { Webhooks } from '../callbacks/webhook.js';
import type { Commits } from './commits.js';
import type { Attempt, NewEvent, Run, RunEvent, RunState } from '../run.js';
import type { NewFleetEvent } from '../../tasks/fleets/fleet.js';
import type { AllocationStore } from './allocation-store.js';
import type { FleetStore } from './fleet-store.js';
import type { TaskStore } from './task-store.js';

export type { NewEvent } from '../run.js';

/**
 * The dispatcher's memory. Every change of a run is a compare-and-set with its event in the same transaction. Changes that arrive in one
 * turn of the event loop share a transaction; each promise resolves after the commit.
 */
export interface Store {
  /** Stores a new run, its sealed secrets and its first event. `existing`: a run of this id is there already. */
  insert(run: NewRun): Promise<{ stored: true } | { stored: false; existing: Run; bodyHash: string }>;
  /**
   * Stores a run of another installation, in any state. It replaces a run of its id that has moved away at a lower revision.
   *
   * @param budget see `change`
   */
  import(run: NewRun, budget: number | null): ReturnType<Store['insert']>;
  /**
   * Stores a change if the run is still at `of.revision`, with its event. An attempt that ends costs the time since `lastTryAt`, and never
   * more than it has reserved.
   *
   * @param budget the most that the organisation may spend in the month of the event, in millionths of a US dollar; checked if the attempt
   * reserves its cost
   * @returns the run after the change; `null`: another change was first, and nothing is stored
   * @throws MayflyError `limit_exceeded` above the budget; nothing is stored
   */
  change(
    of: Pick<Run, 'id' | 'revision'>,
    change: RunChange,
    event: NewEvent,
    attempt?: AttemptChange,
    budget?: number | null,
  ): Promise<Run | null>;
  /** Reports each commit of this process. Events become visible in the order of their sequences. */
  commits: Pick<Commits, 'listen'>;
  /** Stores an event alone. */
  addEvent(run: string, attempt: number, event: NewEvent): Promise<void>;
  run(id: string): Promise<Run | null>;
  /** Newest first. */
  runs(query: RunQuery): Promise<{ runs: Run[]; next: string | null }>;
  /** Runs without a final state, in pages of a few hundred. */
  unfinished(): AsyncIterable<Run>;
  /** Runs whose results are due by a time, the longest due first. */
  withDueResults(by: number, limit: number): Promise<Run[]>;
  /** When the next results are due; `null`: none are. */
  nextResultsDue(): Promise<number | null>;
  /** Oldest first. */
  attempts(run: string): Promise<Attempt[]>;
  /** Events in their one order, also those of one type alone. `after`: only those after this sequence. `newest`: the last `limit` events. */
  events(query: { run?: string; type?: string; after?: number; newest?: boolean; limit: number }): Promise<RunEvent[]>;
  /** Events in their one order, for followers. */
  feed(query: FeedQuery): Promise<FeedEvent[]>;
  /** The highest sequence of an event that was stored, and of one that was removed since; 0: none. */
  sequences(): Promise<{ newest: number; removed: number }>;
  /** Millionths of a US dollar: the cost of attempts that ended in a month such as `2026-11`, and all that living ones have reserved. */
  spent(organisation: string, month: string): Promise<number>;
  /** Attempts that lived within a time, with what their runs ask for: those that have not ended first, then by their end. */
  usage(within: { from: number; to: number }): AsyncIterable<Usage>;
  /**
   * Deletes runs that got their final state before a time, with all that belongs to them, the oldest first and at most a few hundred.
   *
   * @returns their number; 0: none is left
   */
  removeFinished(before: number): Promise<number>;
  /** The sealed secrets of a run; `null` after its final state, when they were deleted. */
  secrets(run: string): Promise<Uint8Array | null>;
  tokens: Tokens;
  tasks: TaskStore;
  webhooks: Webhooks;
  fleets: FleetStore;
  allocations: AllocationStore;
  functions: Functions;
  /** A value that outlives the process, such as the installation's id. */
  setting(key: string): Promise<string | null>;
  setSetting(key: string, value: string): Promise<void>;
  /** Copies the store as of a moment during the call, 0600, and replaces the file if it exists. Reads and changes go on meanwhile. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

export interface NewRun {
  run: Run;
  /** Sealed; `null`: the spec has none. Deleted at the run's final state. */
  secrets: Uint8Array | null;
  /** The hash of the request's body: a repeated request with another body is an error. */
  bodyHash: string;
  event: NewEvent;
  /** The event of the run's fleet, or of the run that has it as a stealer. */
  growth?: NewFleetEvent;
  /** From before `event`. */
  history?: { attempts: readonly NewAttempt[]; events: readonly PastEvent[] };
}

export type NewAttempt = Omit<Attempt, 'run'>;
export type PastEvent = NewEvent & Pick<RunEvent, 'attempt'>;

/** The revision rises by itself. */
export type RunChange = Partial<
  Omit<
    Run,
    'id' | 'organisation' | 'revision' | 'createdAt' | 'program' | 'spec' | 'asks' | 'name' | 'maker' | 'fleet' | 'workers' | 'command'
  >
>;

/** Inserts or changes the attempt of that number, in the same transaction. */
export type AttemptChange = Pick<Attempt, 'number'> & Partial<Omit<Attempt, 'run' | 'number'>>;

/** A worker's time on a node. */
export interface Usage extends Pick<Attempt, 'run' | 'number' | 'node' | 'startedAt' | 'readyAt' | 'endedAt' | 'price' | 'cost'> {
  organisation: string;
  labels: Readonly<Record<string, string>>;
  asks: Resources;
}

export interface RunQuery {
  organisation?: string;
  states?: readonly RunState[];
  /** All of them must match. */
  labels?: Readonly<Record<string, string>>;
  name?: string;
  /** The `next` of an earlier answer. */
  after?: string;
  limit: number;
}

/** An event, with the fields of its run by which followers filter. */
export interface FeedEvent {
  event: RunEvent;
  organisation: string;
  labels: Readonly<Record<string, string>>;
}

export interface FeedQuery {
  /** Only events of this run. */
  run?: string;
  /** A sequence; 0: from the first event that is kept. */
  after: number;
  limit: number;
}

export type Scope = 'submit' | 'read' | 'admin';

export interface Token {
  /** The public part. */
  id: string;
  /** SHA-256 of the secret part, as hex. */
  hash: string;
  organisation: string;
  scopes: readonly Scope[];
  createdAt: number;
}

export interface Tokens {
  add(token: Token): Promise<void>;
  find(id: string): Promise<Token | null>;
  list(): Promise<Token[]>;
  remove(id: string): Promise<boolean>;
}
