import { existsSync } from 'node:fs';
import { copyFile, rename } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backUp } from '../../src/dispatch/backup.js';
import { askForBackup, takeBackupRequests } from '../../src/dispatch/backup-socket.js';
import { openStore } from '../../src/dispatch/store/open.js';
import type { Store } from '../../src/dispatch/store/store.js';
import { tempDir } from '../support/temp-dir.js';
import { newRun, sampleRun } from './store/samples.js';

async function open(directory: string): Promise<Store> {
  const store = await openStore({ directory, version: '1' });
  onTestFinished(() => store.close());
  return store;
}

async function takeRequests(directory: string, store: Pick<Store, 'backup'>): Promise<{ close(): void }> {
  const requests = await takeBackupRequests(directory, store);
  onTestFinished(() => requests.close());
  return requests;
}

/** The revision of run 1 in a copy. */
async function runIn(file: string): Promise<number | undefined> {
  const directory = await tempDir('restored');
  await copyFile(file, join(directory, 'dispatch.db'));
  return (await (await open(directory)).run(sampleRun(1).id))?.revision;
}

test('a running service copies its own database', async () => {
  const directory = await tempDir('service');
  const store = await open(directory);
  await takeRequests(directory, store);
  await store.insert(newRun(1));
  const file = join(await tempDir('backup'), 'copy.db');
  await backUp({ directory, file, version: '1' });
  expect(await runIn(file)).toBe(1);
});

test('the database of a stopped service is copied as well', async () => {
  const directory = await tempDir('service');
  const store = await openStore({ directory, version: '1' });
  await store.insert(newRun(1));
  await store.close();
  const file = join(directory, 'copy.db');
  await backUp({ directory, file, version: '1' });
  expect(await runIn(file)).toBe(1);
});

test('a directory without a database is refused, and nothing is made in it', async () => {
  const directory = join(await tempDir('service'), 'none');
  await expect(backUp({ directory, file: '/nowhere', version: '1' })).rejects.toMatchObject({
    code: 'state_unreadable',
    place: { file: join(directory, 'dispatch.db') },
    message: 'does not exist: mayfly serve has not run with this state directory',
  });
  expect(existsSync(directory)).toBe(false);
});

test('the error of the running service is the error of the command', async () => {
  const directory = await tempDir('service');
  await takeRequests(directory, await open(directory));
  const file = join(directory, 'none', 'copy.db');
  await expect(askForBackup(directory, file)).rejects.toMatchObject({
    code: 'state_unreadable',
    place: { file },
    message: expect.stringMatching(/^the backup cannot be written: ENOENT/) as string,
    remedy: 'name a file on a disk with space, in an existing directory that this user may write to',
  });
});

test('a service that ends meanwhile is reported', async () => {
  const directory = await tempDir('service');
  const requests = await takeRequests(directory, {
    async backup() {
      requests.close();
    },
  });
  await expect(askForBackup(directory, '/copy.db')).rejects.toMatchObject({ code: 'interrupted' });
});

test('a wrong request ends its own connection alone', async () => {
  const directory = await tempDir('service');
  const files: string[] = [];
  await takeRequests(directory, { backup: async (file) => void files.push(file) });
  const socket = connect(join(directory, 'backup.sock'));
  socket.end('{"file": 1}\n');
  await new Promise((resolve) => socket.once('close', resolve));
  expect(await askForBackup(directory, '/copy.db')).toBe(true);
  expect(files).toEqual(['/copy.db']);
});

test('the socket of a killed service is replaced', async () => {
  const directory = await tempDir('service');
  const killed = createServer();
  await new Promise<void>((resolve) => killed.listen(join(directory, 'other.sock'), resolve));
  await rename(join(directory, 'other.sock'), join(directory, 'backup.sock'));
  await new Promise((resolve) => killed.close(resolve));
  expect(await askForBackup(directory, '/copy.db')).toBe(false);
  await takeRequests(directory, { backup: async () => {} });
  expect(await askForBackup(directory, '/copy.db')).toBe(true);
});
