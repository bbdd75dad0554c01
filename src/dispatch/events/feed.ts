import type { FeedEvent, FeedQuery, Store } from '../store/store.js';
import { nextTurn } from '../store/turn.js';

/** Most events of a page: other work waits while it is read. */
export const pageSize = 100;

/**
 * The stored events, for many followers. One page is read at a time, with other work between two of them, so that followers delay a change by
 * one page at most.
 */
export class Feed {
  private readonly followers = new Set<() => void>();
  /** Reads under way. Followers at the same place share one. */
  private readonly reads = new Map<string, Promise<readonly FeedEvent[]>>();
  private last: Promise<unknown> = Promise.resolve();
  private waking = false;

  constructor(private readonly store: Pick<Store, 'feed' | 'sequences' | 'commits'>) {
    store.commits.listen(() => this.wakeSoon());
  }

  /** Calls the follower after commits; several commits may be one call. @returns a function that ends the calls */
  follow(follower: () => void): () => void {
    this.followers.add(follower);
    return () => void this.followers.delete(follower);
  }

  /** The next events after a sequence, of all runs or of one. Fewer than `pageSize`: there are no more yet. */
  page(place: Omit<FeedQuery, 'limit'>): Promise<readonly FeedEvent[]> {
    const key = `${place.run ?? ''} ${place.after}`;
    const shared = this.reads.get(key);
    if (shared) return shared;
    const read = this.last.then(nextTurn).then(() => this.store.feed({ ...place, limit: pageSize }));
    const done = () => void (this.reads.get(key) === read && this.reads.delete(key));
    this.last = read.then(done, done);
    this.reads.set(key, read);
    return read;
  }

  /** See `Store.sequences`. */
  sequences(): ReturnType<Store['sequences']> {
    return this.store.sequences();
  }

  /** In a turn of its own, so that the answers of the commit go first. */
  private wakeSoon(): void {
    if (this.waking) return;
    this.waking = true;
    setImmediate(() => {
      this.waking = false;
      // They may have begun before the commit.
      this.reads.clear();
      for (const follower of this.followers) follower();
    });
  }
}
