import { setMaxListeners } from 'node:events';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';

/** A call that the daemon has not answered within its deadline. Whether the daemon acted is not known. */
export class OverdueError extends MayflyError {
  constructor(call: string, ms: number, url: string) {
    super('backend_unreachable', {
      place: { path: url },
      cause: `the docker daemon has not answered ${call} within ${ms / 1000} s`,
      remedy: 'see whether it hangs (docker info) and restart it, then run the same command again: it goes on where this one stopped',
    });
  }
}

export interface CallLifeOptions {
  clock: Clock;
  /** The caller's, to give the call up. */
  signal: AbortSignal | undefined;
  /** What to throw when the deadline has passed. */
  overdue(ms: number): Error;
}

/** The time of one call: it ends when the answer is whole, when the caller gives up, or when the deadline has passed. */
export class CallLife {
  private readonly ended = new AbortController();
  private cut: ((reason: unknown) => void) | null = null;
  private reason: { why: unknown } | null = null;
  private readonly giveUp = () => this.end(this.options.signal!.reason);

  constructor(private readonly options: CallLifeOptions) {
    // Every call of a wide walk listens to it.
    if (options.signal) setMaxListeners(0, options.signal);
    options.signal?.addEventListener('abort', this.giveUp, { once: true });
    if (options.signal?.aborted) this.giveUp();
  }

  /** Sets what ends the call early; at once where that time has come. */
  onCut(cut: (reason: unknown) => void): void {
    this.cut = cut;
    if (this.reason) cut(this.reason.why);
  }

  /** Starts the deadline. */
  async count(ms: number): Promise<void> {
    try {
      await this.options.clock.sleep(ms, this.ended.signal);
    } catch {
      // The call was over in time.
      return;
    }
    this.end(this.options.overdue(ms));
  }

  /** The answer is whole, or nobody reads it any more. */
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
