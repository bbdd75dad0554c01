import type { FakeRequest } from './http.js';

export type Match = (req: FakeRequest) => boolean;

interface Fault {
  match: Match;
  left: number;
  effect: Effect;
}

export type Effect = { kind: 'fail'; status: number; message: string } | { kind: 'hang' } | { kind: 'drop'; moment: 'before' | 'after' };

/** What goes wrong, said beforehand. The first fault that matches is the one that strikes. */
export class Faults {
  #faults: Fault[] = [];

  /** Answered with an error, without acting. `times` default: always. */
  fail(match: Match, { status = 500, message = 'the fake daemon fails as told', times = Infinity } = {}): void {
    this.#faults.push({ match, left: times, effect: { kind: 'fail', status, message } });
  }

  /** Never answered, not acted upon. */
  hang(match: Match, { times = Infinity } = {}): void {
    this.#faults.push({ match, left: times, effect: { kind: 'hang' } });
  }

  /** The connection ends before the daemon acts, or after it acted but before it answers. */
  dropConnection(match: Match, moment: 'before' | 'after', { times = Infinity } = {}): void {
    this.#faults.push({ match, left: times, effect: { kind: 'drop', moment } });
  }

  clear(): void {
    this.#faults = [];
  }

  strike(req: FakeRequest): Effect | null {
    const fault = this.#faults.find(({ match, left }) => left > 0 && match(req));
    if (!fault) return null;
    fault.left--;
    return fault.effect;
  }
}
