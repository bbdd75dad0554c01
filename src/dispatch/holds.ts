import type { Clock } from '../clock.js';
import { heldLabel } from '../client/held.js';
import type { Log } from '../log.js';
import type { Commands } from './commands.js';
import { isFinal, type Run } from './run.js';
import type { Runs } from './runs.js';

/** Milliseconds after its last connection in which a client can come back. */
export const lostAfter = 30_000;

export interface HoldParts {
  runs: Pick<Runs, 'all' | 'get'>;
  commands: Pick<Commands, 'cancel'>;
  clock: Clock;
  log: Log;
}

export function isHeld({ labels }: Pick<Run, 'labels'>): boolean {
  return labels[heldLabel] === 'true';
}

/** Runs that end with their clients: one is cancelled `lostAfter` milliseconds after it was queued, or after the last connection that holds it has closed. */
export class Holds {
  /** Open connections, by run. */
  private readonly open = new Map<string, number>();
  /** Timers of runs that nobody holds. */
  private readonly lost = new Map<string, AbortController>();
  private closed = false;

  constructor(private readonly parts: HoldParts) {}

  /** Begins to wait for the clients of an earlier process. */
  resume(): void {
    for (const run of this.parts.runs.all()) if (isHeld(run) && !this.open.has(run.id)) this.wait(run.id);
  }

  /** Begins to wait for the client of a new run. */
  added(run: Run): void {
    if (isHeld(run)) this.wait(run.id);
  }

  /** Holds a run. @returns a function that ends the hold */
  hold(id: string): () => void {
    this.lost.get(id)?.abort();
    this.lost.delete(id);
    this.open.set(id, (this.open.get(id) ?? 0) + 1);
    return () => {
      const left = this.open.get(id)! - 1;
      if (left > 0) this.open.set(id, left);
      else this.open.delete(id);
      if (left === 0) this.wait(id);
    };
  }

  /** Ends no run any more: the next process waits for the clients. */
  close(): void {
    this.closed = true;
    for (const timer of this.lost.values()) timer.abort();
  }

  private wait(id: string): void {
    const { runs, commands, clock, log } = this.parts;
    const run = runs.get(id);
    if (this.closed || !run || isFinal(run.state)) return;
    const timer = new AbortController();
    this.lost.set(id, timer);
    clock
      .sleep(lostAfter, timer.signal)
      .then(() => commands.cancel(id, 'its client is gone'))
      .catch((error: unknown) => timer.signal.aborted || log.warn({ err: error, run: id }, 'a run without a client could not be cancelled'))
      .finally(() => this.lost.get(id) === timer && this.lost.delete(id));
  }
}
