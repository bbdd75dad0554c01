import { setMaxListeners } from 'node:events';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';

/** The daemon has not answered a call within its deadline. It may have carried the call out. */
export class OverdueError extends MayflyError {
  constructor(call: string, ms: number, url: string) {
    super('backend_unreachable', {
      place: { path: url },
      cause: `the docker daemon has not answered ${call} within ${ms / 1000} s`,
      remedy: 'check whether it hangs (docker info) and restart it, then run the same command again: it continues where this one stopped',
    });
  }
}

export interface CallLifeOptions {
  clock: Clock;
  /** Aborted by the caller to cancel the call. */
  signal: AbortSignal | undefined;
  /** The error for a missed deadline. */
  overdue(ms: number): Error;
}

/** The lifetime of one call. It ends when the answer is complete, when the caller aborts, or when the deadline has passed. */
export class CallLife {
  private readonly ended = new AbortController();
  private cut: ((reason: unknown) => void) | null = null;
  private reason: { why: unknown } | null = null;
  private readonly giveUp = () => this.end(this.options.signal!.reason);

  constructor(private readonly options: CallLifeOptions) {
    // Many parallel calls listen to the same signal.
    if (options.signal) setMaxListeners(0, options.signal);
    options.signal?.addEventListener('abort', this.giveUp, { once: true });
    if (options.signal?.aborted) this.giveUp();
  }

  /** Sets the function that cuts the call off. It is called at once if the call has already been cut off. */
  onCut(cut: (reason: unknown) => void): void {
    this.cut = cut;
    if (this.reason) cut(this.reason.why);
  }

  /** Starts the deadline. */
  async count(ms: number): Promise<void> {
    try {
      await this.options.clock.sleep(ms, this.ended.signal);
    } catch {
      // The call has ended before its deadline.
      return;
    }
    this.end(this.options.overdue(ms));
  }

  /** Ends the call: the answer is complete, or nobody reads it any more. */
  over(): void {
    this.options.signal?.removeEventListener('abort', this.giveUp);
    this.ended.abort();
  }

  throwIfCut(): void {
    if (this.reason) throw this.reason.why;
  }

  private end(why: unknown): void {
    if (this.reason || this.ended.signal.aborted) return;
    this.reason = { why };
    this.cut?.(why);
    this.over();
  }
}
