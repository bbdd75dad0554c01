import { v5 } from 'uuid';

/**
 * The id of the command of an attempt: a UUID. Every process of the service computes the same one, so the command starts at most once.
 *
 * @param of the id of a run or a task, which is a UUID
 */
export function commandIdOf({ id, attempt }: { id: string; attempt: number }): string {
  return v5(String(attempt), id);
}
