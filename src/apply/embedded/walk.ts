import type { Operation } from './operations.js';

export interface WalkOptions {
  parallelism: number;
  /** Aborted: nothing new is begun, what is in flight is finished. */
  stop: AbortSignal;
  run(operation: Operation): Promise<void>;
  /** An operation that isn't tried, because one it comes after failed. */
  skipped(operation: Operation, because: Operation): void;
}

/**
 * Runs operations as soon as all they come after are done, as many at once as allowed. A failed one stops only what comes after
 * it. Never rejects: `run` reports its own failures by throwing, and they are counted here.
 *
 * @returns the failed ones with what they threw, and whether it was stopped before all was tried.
 */
export async function walk(
  operations: readonly Operation[],
  options: WalkOptions,
): Promise<{ failed: Map<Operation, unknown>; stopped: boolean }> {
  const waiting = new Map(operations.map((operation) => [operation, new Set(operation.after)]));
  const failed = new Map<Operation, unknown>();
  const running = new Set<Promise<void>>();

  const drop = (cause: Operation) => {
    for (const [operation, after] of waiting) {
      if (!after.has(cause.id)) continue;
      waiting.delete(operation);
      options.skipped(operation, cause);
      drop(operation);
    }
  };
  const begin = (operation: Operation) => {
    waiting.delete(operation);
    const task: Promise<void> = options
      .run(operation)
      .then(
        () => {
          for (const after of waiting.values()) after.delete(operation.id);
        },
        (error: unknown) => {
          failed.set(operation, error);
          drop(operation);
        },
      )
      .finally(() => running.delete(task));
    running.add(task);
  };

  for (;;) {
    if (!options.stop.aborted) {
      for (const [operation, after] of waiting) {
        if (running.size >= options.parallelism) break;
        if (after.size === 0) begin(operation);
      }
    }
    if (running.size === 0) return { failed, stopped: waiting.size > 0 };
    await Promise.race(running);
  }
}
