import { MayflyError } from '../errors.js';
import type { KeeperConnection } from './connection.js';

/** A keeper that watches the backend. It runs at least as long as the connection is open. */
export interface Reached {
  pid: number;
  connection: KeeperConnection;
}

/** Milliseconds in which a keeper must answer a request that needs no backend. */
export const helloTimeout = 5000;

/** The number of keepers that may end during one command. After more, the backend itself probably ends them. */
const mostLosses = 3;

/** A claim on a keeper that has reached the backend. The keeper runs at least until the release; if it ends, another replaces it. */
export class Armed {
  private readonly loss = new AbortController();
  private losses = 0;
  private released = false;
  private current: Promise<Reached>;

  /** `reach` finds or starts a keeper. */
  constructor(private readonly reach: () => Promise<Reached>) {
    this.current = this.hold();
  }

  /** Aborts when the keeper has ended and no other can be started; its reason is a MayflyError `not_armed`. */
  get lost(): AbortSignal {
    return this.loss.signal;
  }

  /** @returns the keeper's pid. @throws MayflyError `not_armed` */
  async pid(): Promise<number> {
    return (await this.current).pid;
  }

  /** Asks whether the keeper still answers. @returns its pid. @throws MayflyError `not_armed` */
  async confirm(): Promise<number> {
    for (;;) {
      const { current } = this;
      const { pid, connection } = await current;
      const reply = await connection.ask(null, helloTimeout);
      if (reply === 'silent') throw notArmed(doesNotAnswer(pid));
      if (reply !== 'gone') return pid;
      this.replace(current);
    }
  }

  release(): void {
    this.released = true;
    this.current.then(
      ({ connection }) => connection.close(),
      () => {},
    );
  }

  private hold(): Promise<Reached> {
    const reached = this.reach();
    reached.then(
      ({ connection }) => connection.onClose(() => this.replace(reached)),
      (error: unknown) => this.loss.abort(error),
    );
    return reached;
  }

  private replace(old: Promise<Reached>): void {
    if (this.released || this.current !== old) return;
    this.losses += 1;
    if (this.losses > mostLosses) {
      const error = notArmed({ cause: `the keeper ended ${this.losses} times`, remedy: 'see keeper.log in the state directory' });
      this.current = Promise.reject(error);
      this.current.catch(() => this.loss.abort(error));
    } else this.current = this.hold();
  }
}

interface Reason {
  cause: string;
  remedy: string;
}

export function notArmed({ cause, remedy }: Reason): MayflyError {
  return new MayflyError('not_armed', { cause: `no keeper that could end the worker is alive: ${cause}`, remedy });
}

/** `pid`: `null` where it is unknown. */
export function doesNotAnswer(pid: number | null): Reason {
  return {
    cause: `the keeper${pid === null ? '' : ` (pid ${pid})`} does not answer`,
    remedy:
      pid === null
        ? 'end it, then run the same command again: it starts another'
        : `continue it if it is stopped (kill -CONT ${pid}), or end it (kill -KILL ${pid}); then run the same command again`,
  };
}
