/** Whether another attempt may succeed after an error: nowhere, also on the same node, or rather on another one. */
export type Retry = 'never' | 'here' | 'elsewhere';

/** A node's limit that refused a call: no more at once, or not so many in a short time. */
export type Limit = 'quota' | 'rate';

/**
 * The one error class, and the one table of its codes.
 *
 * `exit`: exit code of the command line. `http`: status of a service's answer. `retry`: of a service's attempts. Exit codes: 0 done or no changes, 1 error,
 * 2 changes present (`--detailed-exitcode`, not an error), 3 no backend can satisfy the spec.
 */
export const errorCodes = {
  usage: { exit: 1, http: 400, retry: 'never' },
  spec_unreadable: { exit: 1, http: 400, retry: 'never' },
  spec_invalid: { exit: 1, http: 422, retry: 'never' },
  settings_invalid: { exit: 1, http: 422, retry: 'elsewhere' },
  no_backend: { exit: 3, http: 409, retry: 'elsewhere' },
  not_enforced: { exit: 3, http: 409, retry: 'elsewhere' },
  server_unreachable: { exit: 1, http: 502, retry: 'here' },
  backend_unreachable: { exit: 1, http: 503, retry: 'elsewhere' },
  backend_refused: { exit: 1, http: 502, retry: 'elsewhere' },
  image_unavailable: { exit: 1, http: 502, retry: 'elsewhere' },
  port_in_use: { exit: 1, http: 409, retry: 'elsewhere' },
  storage_full: { exit: 1, http: 507, retry: 'elsewhere' },
  foreign_object: { exit: 1, http: 409, retry: 'elsewhere' },
  stack_cycle: { exit: 1, http: 422, retry: 'never' },
  stack_invalid: { exit: 1, http: 422, retry: 'never' },
  plan_stale: { exit: 1, http: 409, retry: 'here' },
  plan_unreadable: { exit: 1, http: 400, retry: 'never' },
  not_approved: { exit: 1, http: 403, retry: 'never' },
  state_unreadable: { exit: 1, http: 500, retry: 'here' },
  state_locked: { exit: 1, http: 423, retry: 'here' },
  not_armed: { exit: 1, http: 503, retry: 'here' },
  not_ready: { exit: 1, http: 504, retry: 'here' },
  timed_out: { exit: 1, http: 504, retry: 'here' },
  lease_refused: { exit: 1, http: 409, retry: 'here' },
  cache_refused: { exit: 1, http: 409, retry: 'never' },
  worker_unknown: { exit: 1, http: 404, retry: 'here' },
  worker_ambiguous: { exit: 1, http: 409, retry: 'here' },
  worker_exists: { exit: 1, http: 409, retry: 'here' },
  other_origin: { exit: 1, http: 409, retry: 'never' },
  worker_ended: { exit: 1, http: 410, retry: 'here' },
  container_unknown: { exit: 1, http: 404, retry: 'never' },
  copy_failed: { exit: 1, http: 409, retry: 'here' },
  applier_unavailable: { exit: 1, http: 503, retry: 'here' },
  applier_failed: { exit: 1, http: 502, retry: 'here' },
  apply_failed: { exit: 1, http: 500, retry: 'here' },
  destroy_failed: { exit: 1, http: 500, retry: 'here' },
  key_reused: { exit: 1, http: 422, retry: 'never' },
  queue_full: { exit: 1, http: 429, retry: 'never' },
  rate_limited: { exit: 1, http: 429, retry: 'never' },
  too_many_streams: { exit: 1, http: 429, retry: 'never' },
  limit_exceeded: { exit: 1, http: 409, retry: 'never' },
  not_found: { exit: 1, http: 404, retry: 'never' },
  run_unknown: { exit: 1, http: 404, retry: 'never' },
  task_unknown: { exit: 1, http: 404, retry: 'never' },
  allocation_unknown: { exit: 1, http: 404, retry: 'never' },
  fleet_unknown: { exit: 1, http: 404, retry: 'never' },
  node_unknown: { exit: 1, http: 404, retry: 'never' },
  events_missing: { exit: 1, http: 410, retry: 'never' },
  not_possible: { exit: 1, http: 409, retry: 'never' },
  promise_broken: { exit: 1, http: 409, retry: 'never' },
  token_invalid: { exit: 1, http: 401, retry: 'never' },
  origin_refused: { exit: 1, http: 403, retry: 'never' },
  scope_missing: { exit: 1, http: 403, retry: 'never' },
  interrupted: { exit: 1, http: 499, retry: 'here' },
  internal: { exit: 1, http: 500, retry: 'here' },
} as const satisfies Record<string, { exit: number; http: number; retry: Retry }>;

export type ErrorCode = keyof typeof errorCodes;

/** Place of an error: a spec file's position and path, a resource's address, a container's name. */
export interface Place {
  file?: string;
  /** 1-based. */
  line?: number;
  /** 1-based. */
  column?: number;
  /** Path in the spec (`containers[0].memory`) or address of a resource (`docker_container.engine`). */
  path?: string;
}

/** One of several problems at once (a spec file's mistakes, the failed resources of an apply). */
export interface Problem {
  place?: Place;
  cause: string;
  remedy?: string;
}

export interface MayflyErrorOptions extends Problem {
  /** All problems, if there are several. */
  problems?: Problem[];
  /** The last lines of a container's log, oldest first, when they explain the failure. */
  log?: string[];
  /** Only for `not_ready`: the time to become ready was over. */
  timedOut?: boolean;
  /** Only for a refusal because of a limit of the node: it passes when workers have ended, or after a while. */
  limit?: Limit | undefined;
  /** Seconds after which the same request may succeed. */
  retryAfter?: number;
  /** The underlying error. Only `--debug` shows its stack. */
  error?: unknown;
}

/** Every failure that mayfly reports: code, place, cause and remedy. */
export class MayflyError extends Error {
  readonly place: Place | undefined;
  readonly remedy: string | undefined;
  readonly problems: Problem[];
  readonly log: string[];
  readonly timedOut: boolean;
  readonly limit: Limit | null;
  readonly retryAfter: number | undefined;

  constructor(
    readonly code: ErrorCode,
    options: MayflyErrorOptions,
  ) {
    super(options.cause, options.error === undefined ? undefined : { cause: options.error });
    this.name = 'MayflyError';
    this.place = options.place;
    this.remedy = options.remedy;
    this.problems = options.problems ?? [
      { cause: options.cause, ...(options.place && { place: options.place }), ...(options.remedy && { remedy: options.remedy }) },
    ];
    this.log = options.log ?? [];
    this.timedOut = options.timedOut ?? false;
    this.limit = options.limit ?? null;
    this.retryAfter = options.retryAfter;
  }

  /** Compares names, because the command line's bundle has two files, each with its own class. Derived classes are compared as usual. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (this !== MayflyError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return value instanceof Object && (value as Error).name === 'MayflyError';
  }

  get exitCode(): number {
    return errorCodes[this.code].exit;
  }

  get retry(): Retry {
    return errorCodes[this.code].retry;
  }

  get httpStatus(): number {
    return errorCodes[this.code].http;
  }
}

/** Formats a place as `file:line:column path`, with its existing parts. */
export function formatPlace(place: Place | undefined): string {
  if (!place) return '';
  const position = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
  return [position, place.path].filter(Boolean).join(' ');
}

/** Codes of file system errors that have causes outside of mayfly: they are no bugs. */
const fileErrors = new Set(['EACCES', 'EPERM', 'EROFS', 'EIO', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EMFILE', 'ENFILE']);

/** Turns any thrown value into a MayflyError. */
export function toMayflyError(thrown: unknown): MayflyError {
  if (thrown instanceof MayflyError) return thrown;
  const cause = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof Error && 'code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')) {
    return new MayflyError('storage_full', { cause, remedy: 'free some space, then run the same command again', error: thrown });
  }
  if (thrown instanceof Error && 'path' in thrown && 'code' in thrown && fileErrors.has(String(thrown.code))) {
    return new MayflyError('state_unreadable', {
      place: { file: String(thrown.path) },
      cause: `cannot be read or written: ${cause}`,
      remedy: 'check its owner and mode, and those of the directories above it',
      error: thrown,
    });
  }
  return new MayflyError('internal', {
    cause: `unexpected: ${cause}`,
    remedy: 'this is a bug in mayfly: run again with --debug and report what it prints',
    error: thrown,
  });
}
