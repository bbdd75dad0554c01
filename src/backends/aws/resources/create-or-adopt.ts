import type { Labels } from '../../../labels.js';
import { assertOurs } from '../../shared/ownership.js';

export interface Creation<T> {
  /** For errors: `role`. */
  kind: string;
  name: string;
  /** Labels of the new object. */
  labels: Labels;
  create(): Promise<T>;
  /** Whether an error of `create` means that the name is taken. */
  isTaken(error: unknown): boolean;
  /** The object of that name; `null`: it is not found. */
  find(): Promise<T | null>;
}

/**
 * Creates an object. Where its name is taken, returns the object that has it: an interrupted create left it.
 *
 * @throws MayflyError `foreign_object` where that object does not carry the same labels
 */
export async function createOrAdopt<T extends { labels: Labels }>({ kind, name, labels, create, isTaken, find }: Creation<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    const found = isTaken(error) ? await find() : null;
    if (!found) throw error;
    assertOurs(kind, name, labels, found.labels);
    return found;
  }
}
