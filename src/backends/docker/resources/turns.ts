/** Runs work that shares a name one after the other, in the order in which it came; other work goes on beside it. */
export class Turns {
  /** By name, the end of the last work that has come; never rejects. */
  private readonly last = new Map<string, Promise<void>>();

  async take<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const turn = Promise.all(names.map((name) => this.last.get(name))).then(work);
    const over = turn.then(
      () => {},
      () => {},
    );
    for (const name of names) this.last.set(name, over);
    try {
      return await turn;
    } finally {
      for (const name of names) if (this.last.get(name) === over) this.last.delete(name);
    }
  }
}
