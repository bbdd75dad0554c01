/**
 * State of an exec's streams. `idle`: not started, or detached. `open`: the streams pass through here. `ended`: the daemon has ended them.
 * `cut`: they broke before their end.
 */
export type StreamState = 'idle' | 'open' | 'ended' | 'cut';

/** The newest execs that were made through this socket. */
export class ExecMemory {
  private readonly states = new Map<string, StreamState>();

  constructor(private readonly limit: number) {}

  /** @returns `undefined` for an exec that was not made here, or is no longer stored */
  get(exec: string): StreamState | undefined {
    return this.states.get(exec);
  }

  set(exec: string, state: StreamState): void {
    this.states.delete(exec);
    this.states.set(exec, state);
    // A map keeps the order of insertion, so the first entry is the oldest.
    if (this.states.size > this.limit) this.states.delete(this.states.keys().next().value!);
  }
}
