import type { Clock } from '../../../clock.js';
import { type Feed, pageSize } from '../../events/feed.js';
import type { FeedEvent } from '../../store/store.js';
import { eventFrame, heartbeat, positionFrame, retryFrame } from './sse.js';

/** Milliseconds after which a silent stream shows that it lives. */
const beat = 15_000;

export interface FollowerOptions {
  feed: Feed;
  clock: Clock;
  /** The sequence of the last event that the client has. */
  after: number;
  /** The newest sequence when the stream was opened. */
  newest: number;
  /** Only events of this run; `null`: of all. */
  run: string | null;
  matches(event: FeedEvent): boolean;
  /** Ends the stream. */
  closed: AbortSignal;
}

/** The Server-Sent Events of one client. */
export class Follower {
  private position: number;
  /** Whether older events of the one run are still read by its own index, and not among those of all runs. */
  private inHistory: boolean;
  /** The last `id` that was sent; `null`: the stream begins. */
  private sent: number | null = null;
  private sentAt: number;
  /** Whether there may be events after the position. */
  private stale = true;
  private isOver = false;
  private wake = () => {};
  private readonly unfollow: () => void;

  constructor(private readonly options: FollowerOptions) {
    const { feed, clock, after, run, closed } = options;
    this.position = after;
    this.inHistory = run !== null;
    this.sentAt = clock.now();
    this.unfollow = feed.follow(() => {
      this.stale = true;
      this.wake();
    });
    if (closed.aborted) this.close();
    closed.addEventListener('abort', this.close, { once: true });
  }

  /** The next frames; `null`: the stream is over. */
  next = async (): Promise<string | null> => {
    if (this.sent === null) return this.send(this.position, `${retryFrame}${positionFrame(this.position)}`);
    while (!this.isOver) {
      const left = this.sentAt + beat - this.options.clock.now();
      if (left <= 0) return this.send(this.position, this.position === this.sent ? heartbeat : positionFrame(this.position));
      if (!this.stale) {
        await this.pause(left);
        continue;
      }
      this.stale = false;
      const { frames, last } = await this.read();
      if (last !== null && !this.isOver) return this.send(last, frames);
    }
    return null;
  };

  close = (): void => {
    this.isOver = true;
    this.unfollow();
    this.wake();
  };

  /** Reads a page. @returns its events for this client, and the sequence of the last of them; `null`: it has none */
  private async read(): Promise<{ frames: string; last: number | null }> {
    const { feed, run, newest, matches } = this.options;
    const page = await feed.page({ after: this.position, ...(run !== null && this.inHistory && { run }) });
    this.position = page.at(-1)?.event.sequence ?? this.position;
    if (page.length === pageSize) {
      this.stale = true;
    } else if (this.inHistory) {
      // All of the run's events up to `newest` were read.
      this.inHistory = false;
      this.position = Math.max(this.position, newest);
      this.stale = true;
    }
    const own = page.filter((one) => (run === null || one.event.run === run) && matches(one)).map(({ event }) => event);
    return { frames: own.map(eventFrame).join(''), last: own.at(-1)?.sequence ?? null };
  }

  private send(position: number, frames: string): string {
    this.sent = position;
    this.sentAt = this.options.clock.now();
    return frames;
  }

  /** Waits for a commit, the end of the stream, or so many milliseconds. */
  private async pause(ms: number): Promise<void> {
    const timer = new AbortController();
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.options.clock.sleep(ms, timer.signal).then(resolve, () => {});
    });
    timer.abort();
  }
}
