import { EventEmitter } from 'node:events';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { graceSeconds } from '../../spec/worker-spec.js';
import { livingWorker } from '../living-worker.js';
import type { Run } from '../run.js';

/** Seconds before the end of a lease at which a transfer ends: the worker's own TERM and KILL begin at the end. */
const margin = graceSeconds;

export interface LeaseParts {
  clock: Clock;
  /** Milliseconds that the clock of a node is ahead. */
  skewOf(node: string): number;
}

/** Ends transfers before their workers end: a Docker daemon would end a worker only when its files are not copied any more. */
export class Leases {
  private readonly changes = new EventEmitter().setMaxListeners(0);

  constructor(private readonly parts: LeaseParts) {}

  /** Takes note of a run that has changed. */
  runChanged(run: Run): void {
    this.changes.emit(run.id, run);
  }

  /**
   * Does work while the workers of all runs stay.
   *
   * @throws MayflyError as `stayingWorker`; `worker_ended` where a lease ends; the errors of the work
   */
  async during<T>(runs: readonly Run[], signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const stops = runs.map((run) => this.watch(run, over));
    try {
      over.signal.throwIfAborted();
      return await work(AbortSignal.any([signal, over.signal]));
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** Aborts `over` when the worker of a run does not stay. @returns a function that ends the watch */
  private watch(run: Run, over: AbortController): () => void {
    let waiting = new AbortController();
    const look = (now: Run) => {
      waiting.abort();
      waiting = new AbortController();
      try {
        this.parts.clock.sleep(this.left(now), waiting.signal).then(
          () => look(now),
          () => {},
        );
      } catch (error) {
        over.abort(error);
      }
    };
    look(run);
    this.changes.on(run.id, look);
    return () => {
      this.changes.off(run.id, look);
      waiting.abort();
    };
  }

  /** Milliseconds until a transfer with the run's worker has to end. @throws MayflyError where it has to end now */
  private left(run: Run): number {
    const { node } = stayingWorker(run);
    const ends = run.ends ?? (run.until ?? 0) * 1000;
    const left = ends - this.parts.skewOf(node) - margin * 1000 - this.parts.clock.now();
    if (left > 0) return left;
    throw new MayflyError('worker_ended', {
      place: { path: run.id },
      cause: `its worker ends in less than ${margin} s, at the end of its lease`,
      remedy: 'give the run more time, then copy again: mayfly extend',
    });
  }
}

/** The node and name of a run's worker, which nobody is ending. @throws MayflyError as `livingWorker` */
export function stayingWorker(run: Run): ReturnType<typeof livingWorker> {
  if (run.state !== 'ending') return livingWorker(run);
  throw new MayflyError('worker_ended', {
    place: { path: run.id },
    cause: 'the run is ending, and its worker with it',
    remedy: `see GET /v1/runs/${run.id}`,
  });
}
