import type { Connection, Driver } from './driver.js';
import { Statements } from './statements.js';

/** The part of `node:sqlite` that is used here; the types of Node 20 have none. */
interface NodeSqlite {
  DatabaseSync: new (file: string) => NodeDatabase;
  backup?(database: NodeDatabase, file: string, options: { rate: number }): Promise<number>;
}

interface NodeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NodeStatement;
  close(): void;
  readonly isTransaction: boolean;
}

interface NodeStatement {
  all(...parameters: unknown[]): unknown[];
  run(...parameters: unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  columns(): unknown[];
}

/** Pages of 4 KB that one step of a backup copies: less than a millisecond. */
const rate = 250;

/** `null`: this Node has no SQLite, or one without `backup`. */
export function nodeDriver(): Driver | null {
  const { DatabaseSync, backup } = loadSqlite() ?? {};
  if (!DatabaseSync || !backup) return null;
  return {
    name: 'node:sqlite',
    locks: true,
    async open(file): Promise<Connection> {
      const database = new DatabaseSync(file);
      const statements = new Statements((sql) => adapt(database.prepare(sql)));
      return {
        prepare: (sql) => statements.get(sql),
        exec: (sql) => database.exec(sql),
        get inTransaction() {
          return database.isTransaction;
        },
        async copyTo(target) {
          await backup(database, target, { rate });
        },
        close() {
          statements.clear();
          database.close();
        },
      };
    },
  };
}

/** Node 22 warns that its SQLite is experimental, which is nothing that a user of mayfly can change. */
function loadSqlite(): NodeSqlite | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

function adapt(statement: NodeStatement) {
  return {
    reader: statement.columns().length > 0,
    all: (parameters: readonly unknown[]) => statement.all(...parameters),
    run: (parameters: readonly unknown[]) => statement.run(...parameters),
    iterate: (parameters: readonly unknown[]) => statement.all(...parameters)[Symbol.iterator](),
  };
}
