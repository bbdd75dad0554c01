import { existsSync, readdirSync, statSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/dispatch/store/open.js';
import { tempDir } from '../../support/temp-dir.js';
import { bundleChild, startChild } from './child-process.js';
import { drivers } from './drivers.js';

let file: string;
beforeAll(async () => {
  const child = await bundleChild();
  file = child.file;
  return child.remove;
});

describe.each(drivers)('the lock of a directory with $name', (driver) => {
  const open = (directory: string) => openStore({ directory, version: '1', driver });
  const refusal = (directory: string) => ({
    code: 'state_locked',
    message: 'another mayfly serve uses this directory',
    place: { file: directory },
    remedy: 'stop it, or give this one a directory of its own',
  });

  test('is held while its process is stopped, and free after a kill', async () => {
    const directory = await tempDir('store');
    const child = startChild(file, [directory, driver.name, 'hold']);
    await child.printed(1);
    expect(child.lines).toEqual(['opened']);
    await expect(open(directory)).rejects.toMatchObject(refusal(directory));
    child.process.kill('SIGSTOP');
    await expect(open(directory)).rejects.toMatchObject(refusal(directory));
    child.process.kill('SIGKILL');
    await child.ended;
    await (await open(directory)).close();
  });

  test('refuses a second process, and is free after close', async () => {
    const directory = await tempDir('store');
    const store = await open(directory);
    const refused = startChild(file, [directory, driver.name, 'hold']);
    await refused.ended;
    expect(refused.lines).toEqual(['refused: another mayfly serve uses this directory']);
    await store.close();
    const child = startChild(file, [directory, driver.name, 'hold']);
    await child.printed(1);
    expect(child.lines).toEqual(['opened']);
  });

  test('is of the directory, whatever it is called', async () => {
    const parent = await tempDir('store');
    const store = await open(join(parent, 'a'));
    await rename(join(parent, 'a'), join(parent, 'b'));
    await expect(open(join(parent, 'b'))).rejects.toMatchObject(refusal(join(parent, 'b')));
    await (await open(join(parent, 'a'))).close();
    await store.close();
  });

  test('is free after an opening that failed', async () => {
    const directory = await tempDir('store');
    const database = join(directory, 'dispatch.db');
    await writeFile(database, 'no database '.repeat(100));
    await expect(open(directory)).rejects.toMatchObject({ code: 'state_unreadable', place: { file: database } });
    await rm(database);
    await mkdir(database);
    await expect(open(directory)).rejects.toMatchObject({ code: 'state_unreadable', place: { file: database } });
    await rm(database, { recursive: true });
    await (await open(directory)).close();
  });

  test('its files are for this user only, whatever the umask', async () => {
    const before = process.umask(0);
    try {
      const directory = join(await tempDir('store'), 'made');
      const store = await open(directory);
      await store.setSetting('a', 'b');
      const files = readdirSync(directory).filter((name) => !name.endsWith('.lock'));
      expect(files.map((name) => [name, (statSync(join(directory, name)).mode & 0o777).toString(8)])).toEqual([
        ['dispatch.db', '600'],
        ['dispatch.db-wal', '600'],
      ]);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      await store.close();
      expect(existsSync(join(directory, 'dispatch.db-wal'))).toBe(false);
    } finally {
      process.umask(before);
    }
  });
});
