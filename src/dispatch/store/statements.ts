import type { SqliteStatement } from 'kysely';

/** Statements with values in lists have many texts. */
const most = 200;

/** Keeps the prepared statements that were used last. `finalize`: frees a statement. */
export class Statements<Prepared extends SqliteStatement & { finalize?(): void }> {
  readonly #prepared = new Map<string, Prepared>();

  constructor(private readonly prepare: (sql: string) => Prepared) {}

  get(sql: string): Prepared {
    const statement = this.#prepared.get(sql) ?? this.prepare(sql);
    this.#prepared.delete(sql);
    this.#prepared.set(sql, statement);
    if (this.#prepared.size > most) this.drop(this.#prepared.keys().next().value!);
    return statement;
  }

  drop(sql: string): void {
    this.#prepared.get(sql)?.finalize?.();
    this.#prepared.delete(sql);
  }

  clear(): void {
    for (const sql of [...this.#prepared.keys()]) this.drop(sql);
  }
}
