import { rmSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import type { SqliteStatement } from 'kysely';
import type { Database, Statement } from 'node-sqlite3-wasm';
import type { Connection, Driver } from './driver.js';
import { Statements } from './statements.js';

/**
 * SQLite as WebAssembly, for a Node without its own. Its lock of a file is a directory, which a killed process leaves behind: whoever opens
 * the file must hold another lock already.
 */
export const wasmDriver: Driver = {
  name: 'node-sqlite3-wasm',
  locks: false,
  async open(file): Promise<Connection> {
    const { Database } = (await import('node-sqlite3-wasm')).default;
    const inMemory = file === ':memory:';
    if (!inMemory) rmSync(`${file}.lock`, { recursive: true, force: true });
    const database = new Database(file);
    const statements = new Statements((sql) => adapt(database, sql, () => statements.drop(sql)));
    return {
      prepare: (sql) => statements.get(sql),
      exec: (sql) => database.exec(sql),
      get inTransaction() {
        return database.inTransaction;
      },
      copyTo: (target) => (inMemory ? copyMemory(database, target) : copyBesideTheLog(database, file, target)),
      close() {
        statements.clear();
        database.close();
      },
    };
  },
};

const readers = /^\s*(select|with|pragma|explain)\b|\breturning\b/i;

function adapt(database: Database, sql: string, drop: () => void): SqliteStatement & { finalize(): void } {
  const statement = database.prepare(sql);
  const values = (parameters: readonly unknown[]) => parameters as Parameters<Statement['run']>[0];
  /** A statement that failed once fails at its next use, too. */
  const dropFailed = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      drop();
      throw error;
    }
  };
  const all = (parameters: readonly unknown[]) => dropFailed(() => statement.all(values(parameters)));
  return {
    reader: readers.test(sql),
    all,
    run: (parameters) => dropFailed(() => statement.run(values(parameters))),
    iterate: (parameters) => all(parameters)[Symbol.iterator](),
    finalize() {
      try {
        statement.finalize();
      } catch {
        // It is freed, and repeats the error of its last use.
      }
    },
  };
}

/** Commits go into the log. While no checkpoint runs, the file stays as it is, and can be copied as any other. */
async function copyBesideTheLog(database: Database, file: string, target: string): Promise<void> {
  database.exec('pragma wal_checkpoint(truncate)');
  database.exec('pragma wal_autocheckpoint = 0');
  try {
    await copyFile(file, target);
  } finally {
    database.exec('pragma wal_autocheckpoint = 1000');
  }
}

async function copyMemory(database: Database, target: string): Promise<void> {
  database.run('vacuum into ?', [target]);
}
