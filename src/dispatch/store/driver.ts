import type { SqliteDatabase, SqliteStatement } from 'kysely';

/** An implementation of SQLite. */
export interface Driver {
  name: 'node:sqlite' | 'node-sqlite3-wasm';
  /** Whether the open file is locked by the kernel, so that another process cannot open it. */
  locks: boolean;
  /** Opens a file, or `:memory:`. */
  open(file: string): Promise<Connection>;
}

/** An open database file, as the query builder uses it, and the calls that are not SQL. Prepared statements are kept. */
export interface Connection extends SqliteDatabase {
  /** One or several statements without parameters. */
  exec(sql: string): void;
  /** `false` also after an error that undid the whole transaction, such as a full disk. */
  readonly inTransaction: boolean;
  /** Copies the database as of some moment during the call into a new file. Statements can run meanwhile. */
  copyTo(file: string): Promise<void>;
  prepare(sql: string): SqliteStatement;
}
