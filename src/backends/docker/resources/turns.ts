/** Runs work with a common name one after the other, in the order of the calls. Other work runs in parallel. */
export class Turns {
  /** The end of the latest work by name. Never rejects. */
  private readonly last = new Map<string, Promise<void>>();

  async take<T>(names: readonly string[], work: () => Promise<T>): Promise<T> {
    const turn = Promise.all(names.map((name) => this.last.get(name))).then(work);
    const done = turn.then(
      () => {},
      () => {},
    );
    for (const name of names) this.last.set(name, done);
    try {
      return await turn;
    } finally {
      for (const name of names) if (this.last.get(name) === done) this.last.delete(name);
    }
  }
}
