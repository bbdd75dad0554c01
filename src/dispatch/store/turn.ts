/** Lets other work of the process go first. SQLite answers at once, so that a series of statements alone would hold everything up. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
