/**
 * `idle`: not started, or detached. `open`: its streams pass through here. `ended`: the daemon ended them. `cut`: they broke before.
 */
export type StreamState = 'idle' | 'open' | 'ended' | 'cut';

/** The execs made through this socket, the newest so many of them. */
export class ExecMemory {
  private readonly states = new Map<string, StreamState>();

  constructor(private readonly limit: number) {}

  /** @returns undefined for one that is unknown here, or forgotten */
  get(exec: string): StreamState | undefined {
    return this.states.get(exec);
  }

  set(exec: string, state: StreamState): void {
    this.states.delete(exec);
    this.states.set(exec, state);
    // A map keeps the order of insertion: the first is the oldest.
    if (this.states.size > this.limit) this.states.delete(this.states.keys().next().value!);
  }
}
