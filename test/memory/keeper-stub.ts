import { MayflyError } from '../../src/errors.js';
import type { KeeperStatus } from '../../src/keeper/client.js';
import type { WatchRequest } from '../../src/keeper/protocol.js';
import type { Hold, Keeper } from '../../src/worker/runtime.js';

/** A keeper that lives and ends nothing, for tests of the use cases by themselves. */
export class KeeperStub implements Keeper {
  pid = 4242;
  /** What was asked, in order: `wake`, `arm`, `confirm`, `release`. */
  readonly calls: string[] = [];
  /** What it was asked to watch. */
  readonly requests: WatchRequest[] = [];
  /** Why it cannot be armed. */
  refusal: MayflyError | null = null;
  private readonly loss = new AbortController();

  wake = (): Promise<void> => this.noted('wake', undefined);
  revive = (): Promise<void> => this.noted('revive', undefined);
  status = (): Promise<KeeperStatus> => Promise.resolve({ kind: 'alive', pid: this.pid, silent: [] });

  arm = (request: WatchRequest): Promise<Hold> => {
    this.requests.push(request);
    return this.noted('arm', {
      lost: this.loss.signal,
      pid: () => Promise.resolve(this.pid),
      confirm: () => this.noted('confirm', this.pid),
      release: () => void this.calls.push('release'),
    });
  };

  /** It dies, and no other can be had. */
  lose(): void {
    this.refusal = new MayflyError('not_armed', { cause: 'no keeper that could end the worker is alive: it ended 4 times' });
    this.loss.abort(this.refusal);
  }

  private noted<T>(call: string, answer: T): Promise<T> {
    this.calls.push(call);
    return this.refusal && call !== 'wake' ? Promise.reject(this.refusal) : Promise.resolve(answer);
  }
}
