import { MayflyError } from '../../src/errors.js';
import type { Call } from '../../src/worker/call.js';

type Keeper = Pick<Call['keeper'], 'arm' | 'wake' | 'status'>;

/** A keeper that lives and ends nothing, for tests of the use cases by themselves. */
export class KeeperStub implements Keeper {
  pid = 4242;
  /** What was asked, in order: `wake`, `arm`, `confirm`, `release`. */
  readonly calls: string[] = [];
  /** Why it cannot be armed. */
  refusal: MayflyError | null = null;
  private readonly loss = new AbortController();

  wake(): Promise<void> {
    this.calls.push('wake');
    return Promise.resolve();
  }

  arm(): ReturnType<Keeper['arm']> {
    this.calls.push('arm');
    if (this.refusal) return Promise.reject(this.refusal);
    const armed = {
      lost: this.loss.signal,
      pid: () => Promise.resolve(this.pid),
      confirm: () => (this.calls.push('confirm'), this.refusal ? Promise.reject(this.refusal) : Promise.resolve(this.pid)),
      release: () => void this.calls.push('release'),
    };
    return Promise.resolve(armed as unknown as Awaited<ReturnType<Keeper['arm']>>);
  }

  status(): ReturnType<Keeper['status']> {
    return Promise.resolve({ kind: 'alive', pid: this.pid, silent: [] });
  }

  /** It dies, and no other can be had. */
  lose(): void {
    this.refusal = new MayflyError('not_armed', { cause: 'no keeper that could end the worker is alive: it ended 4 times' });
    this.loss.abort(this.refusal);
  }
}
