import type { Clock } from '../../src/clock.js';
import { type Limit, MayflyError } from '../../src/errors.js';
import { type CallName, Faults, Throttled } from './faults.js';
import { type MemoryNode, NodeError } from './node.js';

/** Milliseconds for which throttled calls are tried again; the AWS backend's own. */
const patience = 30_000;

/** One client's way to the node: every call passes its faults, can be aborted, and is tried again while it is throttled. */
export class Connection {
  readonly faults: Faults;
  /** The node's clock less ours as its last answer had it, like the `Date` header of an HTTP reply; `null`: it has not answered yet. */
  skew: number | null = null;

  constructor(
    readonly node: MemoryNode,
    readonly clock: Clock,
  ) {
    this.faults = new Faults(clock);
  }

  /** @param of the object or the worker that the call is about; empty: all. @throws MayflyError `backend_unreachable`, `backend_refused` */
  async call<T>(name: CallName, of: string, act: (node: MemoryNode) => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    const deadline = this.clock.now() + patience;
    for (;;) {
      try {
        return await abortable(this.once(name, of, act), signal);
      } catch (error) {
        if (!(error instanceof Throttled)) throw signal?.aborted ? error : translated(error);
        if (this.clock.now() + error.retryAfterMs > deadline)
          throw refused(error.message, 'wait a minute, then run the same command again', { limit: 'rate' });
        await this.clock.sleep(error.retryAfterMs, signal);
      }
    }
  }

  private once<T>(name: CallName, of: string, act: (node: MemoryNode) => T | Promise<T>): Promise<T> {
    return this.faults.around(name, of, () => {
      if (this.node.away) throw this.node.away;
      this.skew = this.node.now() - this.clock.now();
      return act(this.node);
    });
  }
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

const remedies = {
  conflict: 'see `mayfly show`, then run the same command again',
  gone: 'run the same command again',
  limit: 'end workers that are not needed, or raise the limit',
  image: 'check its name',
} as const;

/** The node's errors as ours. A MayflyError, and a mistake of the tests, stay as they are. */
function translated(error: unknown): unknown {
  if (error instanceof NodeError) {
    if (error.reason === 'image') return new MayflyError('image_unavailable', { cause: error.message, remedy: remedies.image, error });
    return refused(error.message, remedies[error.reason], { error, ...(error.reason === 'limit' && { limit: 'quota' }) });
  }
  if (error instanceof MayflyError || !(error instanceof Error)) return error;
  return new MayflyError('backend_unreachable', {
    cause: error.message,
    remedy: 'make the node answer, then run the same command again',
    error,
  });
}

function refused(cause: string, remedy: string, more: { error?: unknown; limit?: Limit }): MayflyError {
  return new MayflyError('backend_refused', { cause, remedy, ...more });
}
