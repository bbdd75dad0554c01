import { removeWhole } from '../../support/whole.js';
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultProcessRoot, processBackend } from '../../../src/backends/process/index.js';
import { systemClock } from '../../../src/clock.js';
import { spec } from './support.js';

let above: string;
beforeEach(async () => {
  above = await realpath(await mkdtemp(join(tmpdir(), 'mayfly-root-')));
});
afterEach(() => rm(above, { recursive: true, force: true }));

const backend = (root: string, uid?: number) => processBackend({ root, clock: systemClock, ...(uid !== undefined && { uid }) });

test('the default is a directory of the user, or what the environment says', () => {
  expect(defaultProcessRoot({}, '/tmp')).toBe(`/tmp/mayfly-${userInfo().uid}`);
  expect(defaultProcessRoot({ MAYFLY_PROCESS_DIR: '/data/workers' }, '/tmp')).toBe('/data/workers');
});

test('nothing is there before it is prepared, and that is no error', async () => {
  const own = backend(join(above, 'root'));
  const { endpoint, list, tidy, offer } = own;
  expect(endpoint).toBe(join(above, 'root'));
  expect(await list()).toEqual([]);
  expect(await tidy({ dryRun: false })).toEqual([]);
  await removeWhole(own, 'one', []);
  expect((await offer(spec)).accepted).toBe(true);
  await expect(realpath(join(above, 'root'))).rejects.toThrow('ENOENT');
});

test('links above the root are followed', async () => {
  await mkdir(join(above, 'real'));
  await symlink(join(above, 'real'), join(above, 'alias'));
  expect(backend(join(above, 'alias', 'root')).endpoint).toBe(join(above, 'real', 'root'));
});

const cases: Record<string, [make: (root: string) => Promise<void>, cause: RegExp, uid?: number]> = {
  'a link': [
    async (root) => {
      await mkdir(`${root}-real`, { mode: 0o700 });
      await symlink(`${root}-real`, root);
    },
    /symbolic link/,
  ],
  'a file': [(root) => writeFile(root, ''), /not a directory/],
  'readable by others': [
    async (root) => {
      await mkdir(root);
      await chmod(root, 0o750);
    },
    /by others/,
  ],
  'of another user': [
    async (root) => {
      await mkdir(root, { mode: 0o700 });
    },
    /belongs to user/,
    54321,
  ],
};
for (const [title, [make, cause, uid]] of Object.entries(cases)) {
  test(`a root that is ${title} is refused everywhere`, async () => {
    const root = join(above, 'root');
    await make(root);
    const own = backend(root, uid);
    const { prepare, list, offer } = own;
    for (const act of [() => prepare(), () => list(), () => removeWhole(own, 'one', [])]) {
      await expect(act()).rejects.toMatchObject({ code: 'backend_refused', message: expect.stringMatching(cause) });
    }
    expect(await offer(spec)).toMatchObject({ accepted: false, reasons: [expect.stringMatching(cause)] });
  });
}

test('a root that can not be made says where', async () => {
  const { prepare } = backend(join(above, 'missing', 'root'));
  await expect(prepare()).rejects.toMatchObject({
    code: 'backend_refused',
    message: expect.stringMatching(/its parent directory does not exist/),
  });
});
