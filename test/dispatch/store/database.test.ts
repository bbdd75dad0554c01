import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { copyFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Database, openDatabase } from '../../../src/dispatch/store/database.js';
import { migrate, migrations } from '../../../src/dispatch/store/migrations.js';
import { openStore, storeIn } from '../../../src/dispatch/store/open.js';
import { tempDir } from '../../support/temp-dir.js';
import { drivers } from './drivers.js';
import { newRun, sampleRun } from './samples.js';

describe.each(drivers)('a database with $name', (driver) => {
  async function open(directory: string): Promise<Database> {
    const database = await openDatabase({ directory, version: '1.2.3', driver });
    onTestFinished(() => database.close());
    return database;
  }
  const event = { at: 1, type: 'changed', data: {} };

  test('has a write-ahead log, waits for the disk at each commit, and keeps references', async () => {
    const { tables } = await open(await tempDir('store'));
    const pragmas = await Promise.all(
      ['journal_mode', 'synchronous', 'foreign_keys', 'locking_mode'].map((name) => sql`pragma ${sql.raw(name)}`.execute(tables)),
    );
    expect(pragmas.map(({ rows }) => ({ ...(rows[0] as object) }))).toEqual([
      { journal_mode: 'wal' },
      { synchronous: 2 },
      { foreign_keys: 1 },
      { locking_mode: 'exclusive' },
    ]);
  });

  test('a database of a newer mayfly is refused by name, and stays as it is', async () => {
    const directory = await tempDir('store');
    const store = await openStore({ directory, version: '1.2.3', driver });
    await store.close();
    const connection = await driver.open(join(directory, 'dispatch.db'));
    connection.exec('pragma locking_mode = exclusive');
    const steps = [...migrations, 'create table a (b integer)'];
    const own = migrations.length;
    migrate(connection, 'dispatch.db', '2.0.0', steps);
    expect(
      connection
        .prepare('select * from schema')
        .all([])
        .map((row) => ({ ...(row as object) })),
    ).toEqual([...migrations.map((_, index) => ({ step: index + 1, mayfly: '1.2.3' })), { step: own + 1, mayfly: '2.0.0' }]);
    connection.close();
    await expect(openStore({ directory, version: '1.2.3', driver })).rejects.toMatchObject({
      code: 'state_unreadable',
      message: `mayfly 2.0.0 has written this database (schema ${own + 1}); mayfly 1.2.3 reads schemas up to ${own}`,
      remedy: 'start mayfly 2.0.0 or later, or restore a backup from before',
    });
  });

  test('a step of the schema that fails is undone as a whole', async () => {
    const connection = await driver.open(':memory:');
    onTestFinished(() => connection.close());
    expect(() =>
      migrate(connection, 'a', '1', ['create table a (b integer)', 'create table c (d integer); create table a (b integer)']),
    ).toThrow('already exists');
    const tables = connection.prepare("select name from sqlite_schema where name in ('a', 'c')").all([]);
    expect(tables.map((row) => ({ ...(row as object) }))).toEqual([{ name: 'a' }]);
    migrate(connection, 'a', '1', ['create table a (b integer)', 'create table c (d integer)']);
  });

  test('changes of one turn share a transaction, and each is answered after the commit', async () => {
    const { write } = await open(await tempDir('store'));
    const order: string[] = [];
    const change = async (number: number) => {
      await write(async () => order.push(`change ${number}`));
      order.push(`answer ${number}`);
    };
    await Promise.all([change(1), change(2), change(3)]);
    expect(order).toEqual(['change 1', 'change 2', 'change 3', 'answer 1', 'answer 2', 'answer 3']);
  });

  test('a read sees nothing of a transaction that is not committed', async () => {
    const store = storeIn(await open(await tempDir('store')));
    const seen: (number | undefined)[] = [];
    const inserted = store.insert(newRun(1)).then(() => store.change(sampleRun(1), { priority: 7 }, event));
    for (let reads = 0; reads < 50; reads += 1) {
      const [run, events] = await Promise.all([store.run(sampleRun(1).id), store.events({ limit: 9 })]);
      if (run) seen.push(run.revision - events.length);
      await new Promise(setImmediate);
    }
    await inserted;
    expect(new Set(seen)).toEqual(new Set([0]));
  });

  test('a full disk is reported as such, loses no earlier change, and ends when there is space again', async () => {
    const directory = await tempDir('store');
    const database = await open(directory);
    const store = storeIn(database);
    await store.insert(newRun(1));
    await sql`pragma max_page_count = 1`.execute(database.tables);
    const large = 'x'.repeat(100_000);
    const [tooLarge, small] = await Promise.allSettled([
      store.insert(newRun(2, { labels: { large } })),
      store.change(sampleRun(1), { priority: 7 }, event),
    ]);
    expect(tooLarge).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'storage_full',
        message: 'no space left on the disk; nothing was stored',
        place: { file: join(directory, 'dispatch.db') },
      },
    });
    // A small change that fits is stored, though its neighbour is not.
    expect(small).toMatchObject({ status: 'fulfilled', value: { priority: 7 } });
    await sql`pragma max_page_count = 1000000`.execute(database.tables);
    expect(await store.insert(newRun(2, { labels: { large } }))).toEqual({ stored: true });
    expect((await store.events({ limit: 9 })).map(({ type }) => type)).toEqual(['queued', 'changed', 'queued']);
  });

  test('a backup has all that was stored before it, and none of the later', async () => {
    const directory = await tempDir('store');
    const store = storeIn(await open(directory));
    const runs = Array.from({ length: 300 }, (_, number) => newRun(number));
    await Promise.all(runs.map((run) => store.insert(run)));
    const file = join(directory, 'backup.db');
    const copied = store.backup(file);
    const later = store.insert(newRun(300));
    await Promise.all([copied, later]);
    await store.insert(newRun(301));
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const restored = await tempDir('store');
    await copyFile(file, join(restored, 'dispatch.db'));
    const copy = storeIn(await open(restored));
    const found: number[] = [];
    for await (const { id } of copy.unfinished()) found.push(Number(id.slice(-12)));
    expect(found.slice(0, 300)).toEqual(runs.map((_, number) => number));
    expect(found).not.toContain(301);
    expect((await copy.events({ limit: 1000 })).length).toBe(found.length);
  });

  test('two backups at once follow each other, close waits for them, and a failed one leaves nothing', async () => {
    const directory = await tempDir('store');
    const store = await openStore({ directory, version: '1', driver });
    await store.insert(newRun(1));
    const file = join(directory, 'backup.db');
    writeFileSync(file, 'an earlier one');
    const backups = [store.backup(file), store.backup(file), store.backup(join(directory, 'none', 'backup.db'))];
    const failed = expect(backups[2]).rejects.toMatchObject({ code: 'state_unreadable' });
    await store.close();
    await Promise.all([backups[0], backups[1], failed]);
    expect(readFileSync(file).subarray(0, 15).toString()).toBe('SQLite format 3');
    expect(readdirSync(directory).sort()).toEqual(['backup.db', 'dispatch.db']);
  });

  test('a backup does not replace the database itself', async () => {
    const directory = await tempDir('store');
    const store = storeIn(await open(directory));
    await symlink(directory, join(directory, 'link'));
    for (const file of ['dispatch.db', 'link/dispatch.db'])
      await expect(store.backup(join(directory, file))).rejects.toMatchObject({ code: 'usage', message: 'is the database itself' });
    expect(await store.insert(newRun(1))).toEqual({ stored: true });
  });

  test('a store in memory can be copied to a file', async () => {
    const store = await openStore({ directory: null, version: '1', driver });
    await store.insert(newRun(1));
    const directory = await tempDir('store');
    await store.backup(join(directory, 'dispatch.db'));
    await store.close();
    expect(await storeIn(await open(directory)).run(sampleRun(1).id)).toEqual(sampleRun(1));
  });
});
