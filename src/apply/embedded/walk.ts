import type { Operation } from './operations.js';

export interface WalkOptions {
  parallelism: number;
  /** Aborted: no new operation begins, running ones are finished. */
  stop: AbortSignal;
  run(operation: Operation): Promise<void>;
  /** Called for an operation that is not tried, because `cause` has failed or was skipped. */
  skipped(operation: Operation, cause: Operation): void;
}

/**
 * Runs each operation when all operations of its `after` are done, at most `parallelism` at once. A failed operation stops only the operations
 * after it. Never rejects: errors of `run` are collected.
 *
 * @returns the failed operations with their errors, and whether `stop` left operations untried
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
