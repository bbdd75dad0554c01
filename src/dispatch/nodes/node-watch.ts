import type { Backend } from '../../backends/ports/backend.js';
import type { OwnedObject } from '../../backends/ports/owned-object.js';
import type { Clock } from '../../clock.js';
import { type MayflyError, toMayflyError } from '../../errors.js';
import { groupByWorker } from '../../lease/deadline.js';

/** All objects of ours on a node at one time. */
export interface NodeLook {
  /** When the look began, by our clock. An object that is in no look begun after its creation was answered does not exist. */
  begunAt: number;
  /** The node's clock, in milliseconds since the epoch. */
  now: number;
  /** The node's clock minus ours, in milliseconds. See `steadySkew`. */
  skew: number;
  workers: ReadonlyMap<string, readonly OwnedObject[]>;
}

/** Takes the result of each look, and its time in milliseconds. */
export interface LookReport {
  answered(ms: number): void;
  silent(error: MayflyError, ms: number): void;
}

/** Looks at one node for everybody: a thousand runs that wait for their ends cost one list at a time. */
export class NodeWatch {
  /** The last answer; `null` before the first. */
  last: NodeLook | null = null;
  private current: Promise<NodeLook> | null = null;
  private next: Promise<NodeLook> | null = null;
  private readonly waiting = new Map<string, Set<(look: NodeLook) => void>>();

  constructor(
    private readonly open: () => Promise<Backend>,
    private readonly clock: Clock,
    private readonly report: LookReport,
  ) {}

  /** Returns a look that begins after this call. Calls during a look share the next one. @throws MayflyError of the node */
  look(): Promise<NodeLook> {
    this.next ??= this.lookNext();
    return this.next;
  }

  /** Resolves at the first look, begun after this call, in which the worker's objects pass the test. @throws the signal's reason */
  until(worker: string, passes: (objects: readonly OwnedObject[]) => boolean, signal: AbortSignal): Promise<readonly OwnedObject[]> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const begun = this.clock.now();
      const settle = () => {
        waiters.delete(onLook);
        if (waiters.size === 0 && this.waiting.get(worker) === waiters) this.waiting.delete(worker);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        settle();
        reject(signal.reason as Error);
      };
      const onLook = (look: NodeLook) => {
        const objects = look.workers.get(worker) ?? [];
        if (look.begunAt < begun || !passes(objects)) return;
        settle();
        resolve(objects);
      };
      const waiters = this.waiting.get(worker) ?? new Set();
      this.waiting.set(worker, waiters.add(onLook));
      signal.addEventListener('abort', onAbort, { once: true });
      // The next look may be late. After a failure the next look tries again.
      void this.look().catch(() => {});
    });
  }

  /** Looks at the node again and again: at its events where it reports them, and after each pause of `pause()` milliseconds. */
  async watch(pauseNow: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look().catch(() => {});
      const backend = await this.open().catch(() => null);
      // A node where looks are expensive has its own pace.
      const period = Math.max(pauseNow(), backend?.lookEvery ?? 0);
      const pause = new AbortController();
      const ends = AbortSignal.any([signal, pause.signal]);
      const changed = backend?.changed?.(ends) ?? this.clock.sleep(period, ends);
      await Promise.race([changed, this.clock.sleep(period, ends)]).catch(() => this.clock.sleep(period, ends).catch(() => {}));
      pause.abort();
    }
  }

  private async skew(backend: Backend): Promise<number> {
    return steadySkew(await backend.clockSkew(), this.last?.skew ?? null);
  }

  private async lookNext(): Promise<NodeLook> {
    await this.current?.catch(() => {});
    this.current = this.next;
    this.next = null;
    const begunAt = this.clock.now();
    try {
      const backend = await this.open();
      const workers = groupByWorker(await backend.list());
      const skew = await this.skew(backend);
      const look = { begunAt, now: this.clock.now() + skew, skew, workers };
      this.last = look;
      this.report.answered(this.clock.now() - begunAt);
      for (const waiters of [...this.waiting.values()]) for (const onLook of [...waiters]) onLook(look);
      return look;
    } catch (thrown) {
      const error = toMayflyError(thrown);
      this.report.silent(error, this.clock.now() - begunAt);
      throw error;
    }
  }
}

/** Milliseconds. The date of a daemon's answer has whole seconds, and the answer takes a while. */
const skewError = 2000;

/** The earlier skew while the measured one is within its error: the known ends of workers move only with a clock. */
function steadySkew(measured: number, earlier: number | null): number {
  return earlier !== null && Math.abs(measured - earlier) < skewError ? earlier : measured;
}
