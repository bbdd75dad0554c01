import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { StateLayout } from '../../src/state/layout.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';

const day = 24 * 3600 * 1000;

async function stored() {
  const clock = manualClock(1_800_000_000_000);
  const root = await tempDir('ended-logs');
  const logs = new StateLayout(root, clock).endedLogs;
  const add = (worker: string, content: string | Buffer, at = clock.now()) =>
    logs.add(worker, at, [{ container: 'engine', content: Buffer.from(content) }]);
  return { clock, root, logs, add, folders: () => readdir(join(root, 'logs')) };
}

test('the logs of an end are private files, found by worker and time', async () => {
  const { logs, root, clock } = await stored();
  const content = Buffer.from([0x66, 0x0a, 0xff, 0x00]);
  await logs.add('one', clock.now(), [
    { container: 'engine', content: Buffer.from('up\n') },
    { container: 'db', content },
  ]);
  const folder = join(root, 'logs', 'one@1800000000000');
  expect((await readdir(folder)).sort()).toEqual(['db.log', 'engine.log']);
  expect([(await stat(folder)).mode & 0o777, (await stat(join(folder, 'db.log'))).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(await readFile(join(folder, 'db.log'))).toEqual(content);
  expect((await logs.of('one', clock.now()))?.sort((a, b) => (a.container < b.container ? -1 : 1))).toEqual([
    { container: 'db', content },
    { container: 'engine', content: Buffer.from('up\n') },
  ]);
  expect([await logs.of('one', clock.now() + 1), await logs.of('two', clock.now())]).toEqual([null, null]);
});

test('logs older than 7 days are removed at the next end, and other files stay', async () => {
  const { clock, root, add, folders } = await stored();
  await add('old', 'x');
  await add('young', 'x', clock.now() + 1);
  await mkdir(join(root, 'logs', 'other'));
  clock.advance(7 * day + 1);
  await add('new', 'x');
  expect((await folders()).sort()).toEqual(['new@1800604800001', 'other', 'young@1800000000001']);
});

test('all logs take 256 MB at most: those of the first ends are removed', async () => {
  const { clock, add, folders } = await stored();
  const large = Buffer.alloc(100 * 2 ** 20);
  for (const worker of ['one', 'two', 'three']) {
    await add(worker, large);
    clock.advance(1);
  }
  expect((await folders()).sort()).toEqual(['three@1800000000002', 'two@1800000000001']);
});

test('a folder that leads elsewhere is refused', async () => {
  const { root, add, logs, clock } = await stored();
  const elsewhere = await tempDir('elsewhere');
  await symlink(elsewhere, join(root, 'logs'));
  await expect(add('one', 'x')).rejects.toMatchObject({ code: 'state_unreadable' });
  expect(await readdir(elsewhere)).toEqual([]);
  await mkdir(join(elsewhere, `one@${clock.now()}`));
  await symlink('/etc/passwd', join(elsewhere, `one@${clock.now()}`, 'engine.log'));
  await expect(logs.of('one', clock.now())).rejects.toMatchObject({ code: 'state_unreadable' });
});

test('a failure leaves no part of the logs', async () => {
  const { root, logs, clock } = await stored();
  const entry = { container: 'engine', content: Buffer.from('x') };
  await expect(logs.add('one', clock.now(), [entry, { ...entry, container: 'x'.repeat(300) }])).rejects.toMatchObject({
    code: 'state_unreadable',
  });
  expect(await readdir(join(root, 'logs'))).toEqual([]);
  await writeFile(join(root, 'logs', 'file'), '');
});
