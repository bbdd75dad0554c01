import type { Inventory } from '../../backends/ports/inventory.js';
import type { OwnedObject } from '../../backends/ports/owned-object.js';
import type { Clock } from '../../clock.js';
import type { Pause } from '../../worker/ready.js';
import type { NodeWatch } from './node-watch.js';

/** Milliseconds between two looks while workers get ready, and after a look that failed. */
const lookEvery = 250;
const silentEvery = 2000;

/** Milliseconds between two inspections of one worker: short at first, then 1.2 times as long each. */
const firstPoll = 25;
const longestPoll = 250;

/**
 * Workers of one node that get ready at the same time. One look every 250 ms serves all that wait for a condition that looks show. Workers
 * that wait for another one, such as a port, are inspected in turn: at most 50 in a second, and 3 where looks are expensive.
 */
export class Starting {
  private waiting = 0;
  private inspected = 0;
  private enough = new AbortController();

  constructor(
    private readonly watch: NodeWatch,
    private readonly clock: Clock,
  ) {}

  /** The pauses between the inspections of one worker. */
  pauses(worker: string, node: Pick<Inventory, 'lookEvery'>): Pause {
    const share = (node.lookEvery ?? 2000) / 100;
    let shown: string | null = null;
    let poll = firstPoll;
    return async (waits, within, signal) => {
      if (waits.some(({ listed }) => listed)) {
        shown = await this.change(worker, shown, within, signal);
      } else {
        await this.turn((workers) => Math.min(Math.max(poll, share * workers), within), signal);
        poll = Math.min(poll * 1.2, longestPoll);
      }
    };
  }

  /**
   * Waits until a look shows the worker in another state than `shown`, or for `within` milliseconds. Looks that began before this call do not
   * count.
   *
   * @returns the state that is shown now
   */
  private async change(worker: string, shown: string | null, within: number, signal: AbortSignal): Promise<string | null> {
    const over = new AbortController();
    const ends = AbortSignal.any([signal, over.signal]);
    const isAnother = (objects: readonly OwnedObject[]) => stateOf(objects) !== shown;
    this.enter();
    try {
      const changed = this.watch.until(worker, isAnother, ends).then(stateOf);
      return await Promise.race([changed, this.clock.sleep(within, ends).then(() => shown)]);
    } finally {
      over.abort();
      this.leave();
    }
  }

  /** Waits for a time that depends on the number of workers that wait like this. */
  private async turn(timeFor: (workers: number) => number, signal: AbortSignal): Promise<void> {
    this.inspected += 1;
    try {
      await this.clock.sleep(timeFor(this.inspected), signal);
    } finally {
      this.inspected -= 1;
    }
  }

  private enter(): void {
    this.waiting += 1;
    if (this.waiting > 1) return;
    this.enough = new AbortController();
    void this.lookOn(this.enough.signal);
  }

  private leave(): void {
    this.waiting -= 1;
    if (this.waiting === 0) this.enough.abort();
  }

  private async lookOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const pause = await this.watch.look().then(
        () => lookEvery,
        () => silentEvery,
      );
      await this.clock.sleep(pause, signal).catch(() => {});
    }
  }
}

/** The part of a worker's state that matters for its readiness. */
function stateOf(objects: readonly OwnedObject[]): string {
  return JSON.stringify(objects.map(({ id, status, starting, containers }) => [id, status, starting, containers]));
}
