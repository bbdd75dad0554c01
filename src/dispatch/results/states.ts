import type { MayflyError } from '../../errors.js';

/** The results of a run's command: its output and its artifacts. */
export interface Results {
  state: ResultsState;
  /** Tries to publish them since they were accepted. */
  tries: number;
  /** The first cause of a failure since they were accepted. */
  error: ResultsError | null;
  /** Whether they were collected, so that they can be published after a failure. */
  collected: boolean;
  /** Where they were published, such as `s3://bucket/runs/ID`; `null`: nowhere else than in the service. */
  place: string | null;
}

export interface ResultsError {
  code: string;
  cause: string;
  remedy: string | null;
}

/**
 * `proposed`: wait for a decision. `accepted`: are to be published. `publishing`: a try to publish them has begun. `published`: are in their
 * place. `rejected`: nobody wants them. `failed`: could not be collected or published. `expired`: their retention has ended. Their files are
 * removed in the states `rejected` and `expired`.
 */
export const resultsStates = ['proposed', 'accepted', 'rejected', 'publishing', 'published', 'failed', 'expired'] as const;
export type ResultsState = (typeof resultsStates)[number];

/** The states that may follow each state. */
export const followingResults = {
  proposed: ['accepted', 'rejected', 'expired'],
  accepted: ['publishing'],
  publishing: ['publishing', 'published', 'failed'],
  failed: ['accepted', 'rejected', 'expired'],
  published: ['expired'],
  rejected: [],
  expired: [],
} as const satisfies Record<ResultsState, readonly ResultsState[]>;

export function mayFollowResults(from: ResultsState, to: ResultsState): boolean {
  return (followingResults[from] as readonly ResultsState[]).includes(to);
}

/** Results that were just collected. */
export function newResults(hold: boolean): Results {
  return { state: hold ? 'proposed' : 'accepted', tries: 0, error: null, collected: true, place: null };
}

export function failureOf({ code, message, remedy }: MayflyError): ResultsError {
  return { code, cause: message, remedy: remedy ?? null };
}

/** Results that could not be collected. */
export function uncollected(error: ResultsError): Results {
  return { state: 'failed', tries: 0, error, collected: false, place: null };
}

/** Whether the service has files of results in this state. */
export function hasFiles({ state, collected }: Results): boolean {
  return collected && state !== 'rejected' && state !== 'expired';
}
