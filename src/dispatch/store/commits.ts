/**
 * Reports that the store has committed changes: events that were stored by then are visible to reads. One report may stand for many
 * changes, and for changes without an event.
 */
export class Commits {
  private readonly listeners = new Set<() => void>();

  /** Calls the listener after each commit. It must return at once and throw nothing: the next commit waits for it. @returns a function that ends the calls */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Called by the store alone. */
  report(): void {
    for (const listener of this.listeners) listener();
  }
}
