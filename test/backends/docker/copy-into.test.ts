import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packTree } from '../../../src/backends/shared/pack.js';
import type { ExecResult } from '../../support/fake-docker/state.js';
import { startFakeDocker } from '../../support/fake-docker/index.js';
import { images } from '../../support/docker.js';
import { tempDir } from '../../support/temp-dir.js';
import { backendSubject } from './subjects.js';

const signal = new AbortController().signal;

/** A tree of 3 directories with 40 files each that is copied twice into `/tree`. `find`: the answer of the container. @returns how the second copy went */
async function copyTwice(find: ExecResult) {
  const commands: string[] = [];
  const daemon = await startFakeDocker({
    images: [images.busybox],
    onExec: ({ command }) => (commands.push(command.join(' ')), find),
  });
  const { backend, make, workerName, close } = await backendSubject(daemon.socketPath);
  const worker = workerName('one');
  await make(worker, {});
  const folder = await tempDir('tree');
  for (const directory of ['a', 'b', 'c']) {
    await mkdir(join(folder, directory));
    for (let index = 0; index < 40; index += 1) await writeFile(join(folder, directory, `f${index}`), '');
  }
  const files = await backend.sessions!.files(worker, 'build');
  const copy = async () => files.write('/', await packTree(folder, 'tree'), signal);
  await copy();
  const before = daemon.calls.length;
  const error = await copy().then(
    () => null,
    (thrown: Error) => thrown,
  );
  const asked = daemon.calls.slice(before).filter(({ method }) => method === 'HEAD').length;
  await close();
  await daemon.close();
  return { commands, asked, error };
}

const found = (...paths: string[]): ExecResult => ({ exitCode: 0, stdout: paths.map((path) => `${path}\0`).join(''), stderr: '' });

test('a large tree over an existing one: the container lists special files and links, and only these are asked for', async () => {
  const { commands, asked, error } = await copyTwice(found('/tree/c/f39'));
  expect(commands).toEqual(['find /tree ! -type f ! -type d -print0']);
  // 64 before the list, and one that the list names.
  expect([asked, error]).toEqual([65, null]);
});

test('entries below a link are asked for', async () => {
  // 64 before the list, the directory `c` and its files.
  expect((await copyTwice(found('/tree/c'))).asked).toBe(105);
});

test.each([
  ['has no `find`', { exitCode: 127, stdout: '', stderr: 'find: not found' }],
  ['cannot list all', { exitCode: 1, stdout: '', stderr: 'find: Permission denied' }],
])('in a container that %s, each path is asked for', async (_title, result) => {
  expect(await copyTwice(result)).toMatchObject({ asked: 124, error: null });
});
