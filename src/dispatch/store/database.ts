import { closeSync, constants, fsyncSync, openSync, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Kysely, SqliteDialect } from 'kysely';
import { MayflyError } from '../../errors.js';
import { isCode, storageError } from '../../state/atomic-file.js';
import { makePrivate, openPrivate } from '../../state/private-path.js';
import { Commits } from './commits.js';
import { chooseDriver } from './choose-driver.js';
import type { Connection, Driver } from './driver.js';
import { explained } from './failures.js';
import { groupCommits, type Write } from './group-commit.js';
import { lockDirectory } from './lock.js';
import { migrate } from './migrations.js';
import type { Tables } from './schema.js';

export const databaseFile = 'dispatch.db';

/** The dispatcher's open database. */
export interface Database {
  /** Reads see committed changes only. */
  tables: Kysely<Tables>;
  write: Write;
  commits: Commits;
  /** Copies the database as of a moment during the call, 0600, and replaces the file if it exists. Reads and writes go on meanwhile. */
  backup(file: string): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** It is made, 0700, if it does not exist. `null`: in memory. */
  directory: string | null;
  /** Version of this mayfly. */
  version: string;
  driver?: Driver;
}

/** @throws MayflyError `state_locked` if another process uses the directory; `state_unreadable` if the file is damaged, or of a newer mayfly */
export async function openDatabase({ directory, version, driver = chooseDriver() }: DatabaseOptions): Promise<Database> {
  if (directory === null) return open(driver, ':memory:', version, async () => {});
  makePrivate(directory, dirname(directory));
  const lock = await lockFor(directory, driver);
  try {
    return await open(driver, join(directory, databaseFile), version, lock.release);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Abstract sockets are Linux's. Elsewhere the driver's own lock must do, and that of WebAssembly does not survive a kill. */
async function lockFor(directory: string, driver: Driver) {
  if (process.platform === 'linux') return await lockDirectory(directory);
  if (driver.locks) return { release: async () => {} };
  throw new MayflyError('usage', {
    cause: `mayfly serve on ${process.platform} cannot lock its directory with Node ${process.version}`,
    remedy: 'use Node 22.16 or later',
  });
}

async function open(driver: Driver, file: string, version: string, release: () => Promise<void>): Promise<Database> {
  const connection = await openConnection(driver, file, version);
  const tables = new Kysely<Tables>({ dialect: new SqliteDialect({ database: connection }) });
  const commits = new Commits();
  let copying: Promise<unknown> = Promise.resolve();
  return {
    tables,
    write: groupCommits(tables, connection, commits),
    commits,
    backup(target) {
      const copy = copying.then(() => {
        refuseOwnFile(file, target);
        return copyWhole(tables, connection, target);
      });
      copying = copy.catch(() => {});
      return copy;
    },
    async close() {
      await copying;
      // The dialect closes the connection, but only if it was used.
      await tables.connection().execute(async () => {});
      await tables.destroy();
      await release();
    },
  };
}

async function openConnection(driver: Driver, file: string, version: string): Promise<Connection> {
  const inMemory = file === ':memory:';
  if (!inMemory) makeFile(file);
  const connection = explained(await driver.open(file), file);
  try {
    // An exclusive lock needs no memory that is shared with other processes: without it, WebAssembly has no write-ahead log.
    connection.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    migrate(connection, file, version);
    // The names of the file and of its log must survive a power failure.
    if (!inMemory) sync(dirname(file));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** Makes a missing file 0600, regardless of the umask. Its log gets the same mode. */
function makeFile(file: string): void {
  try {
    closeSync(openPrivate(file, constants.O_RDWR | constants.O_CREAT));
  } catch (error) {
    throw storageError(file, error);
  }
}

/** The backup would replace the file that is open here, and later changes would be lost. */
function refuseOwnFile(file: string, target: string): void {
  const [own, other] = [file, target].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  if (own === undefined || own.ino !== other?.ino || own.dev !== other.dev) return;
  throw new MayflyError('usage', {
    place: { file: target },
    cause: 'is the database itself',
    remedy: 'name another file for the backup',
  });
}

async function copyWhole(tables: Kysely<Tables>, connection: Connection, target: string): Promise<void> {
  const part = `${target}.part`;
  try {
    await rm(part, { force: true });
    closeSync(openPrivate(part, constants.O_RDWR | constants.O_CREAT));
    // The copy begins between two transactions.
    const { copied } = await tables.connection().execute(async () => ({ copied: connection.copyTo(part) }));
    await copied;
    sync(part);
    await rename(part, target);
    sync(dirname(target));
  } catch (error) {
    await rm(part, { force: true });
    throw backupFailed(target, error);
  }
}

function backupFailed(file: string, error: unknown): MayflyError {
  if (error instanceof MayflyError) return error;
  return new MayflyError(isCode(error, 'ENOSPC') ? 'storage_full' : 'state_unreadable', {
    place: { file },
    cause: `the backup cannot be written: ${error instanceof Error ? error.message : error}`,
    remedy: 'name a file on a disk with space, in an existing directory that this user may write to',
    error,
  });
}

/** Waits until a file, or the names in a directory, are on the disk. */
function sync(path: string): void {
  const opened = openSync(path, 'r');
  fsyncSync(opened);
  closeSync(opened);
}
