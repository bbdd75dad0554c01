import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { SqliteStatement } from 'kysely';
import { MayflyError } from '../../errors.js';
import type { Connection } from './driver.js';
import { locked } from './lock.js';

/**
 * The same connection with errors of mayfly: `storage_full` where the disk is full, `state_locked` where another process has the file open,
 * `state_unreadable` where it is damaged. Other errors are thrown unchanged.
 */
export function explained(connection: Connection, file: string): Connection {
  const run = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      throw explainFailure(error, file);
    }
  };
  return {
    exec: (sql) => run(() => connection.exec(sql)),
    prepare: (sql) =>
      explainedStatement(
        run(() => connection.prepare(sql)),
        run,
      ),
    get inTransaction() {
      return connection.inTransaction;
    },
    copyTo: (target) => connection.copyTo(target).catch((error: unknown) => Promise.reject(explainFailure(error, target))),
    close: () => connection.close(),
  };
}

function explainedStatement(statement: SqliteStatement, run: <T>(call: () => T) => T): SqliteStatement {
  return {
    reader: statement.reader,
    all: (parameters) => run(() => statement.all(parameters)),
    run: (parameters) => run(() => statement.run(parameters)),
    iterate: (parameters) => run(() => statement.iterate(parameters)),
  };
}

function explainFailure(error: unknown, file: string): unknown {
  if (!(error instanceof Error) || error instanceof MayflyError) return error;
  const { message } = error;
  if (message === 'database or disk is full' || (message === 'disk I/O error' && isFull(file))) {
    return new MayflyError('storage_full', {
      place: { file },
      cause: 'no space left on the disk; nothing was stored',
      remedy: 'free some space: mayfly serve then goes on by itself',
      error,
    });
  }
  if (message === 'database is locked') return locked(dirname(file), error);
  if (!damages.has(message)) return error;
  return new MayflyError('state_unreadable', {
    place: { file },
    cause: `the database cannot be read or written: ${message}`,
    remedy: 'check the disk, then restore a backup',
    error,
  });
}

/** `disk I/O error` is all that the WebAssembly driver reports of a full disk. A block is not enough for a page and its header. */
function isFull(file: string): boolean {
  if (file === ':memory:') return false;
  const { bavail, bsize } = statfsSync(dirname(file));
  return bavail * bsize < 64 * 1024;
}

const damages = new Set([
  'disk I/O error',
  'database disk image is malformed',
  'file is not a database',
  'attempt to write a readonly database',
]);
