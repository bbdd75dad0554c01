import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import { assertStateHidden } from '../../src/worker/sources.js';
import { base, options } from '../spec/support.js';
import { tempDir } from '../support/temp-dir.js';

const specOf = (source: string) =>
  parseSpec(
    `${base}engine: {image: alpine}\ncontainers: [{name: a, image: b, storage: 0, mounts: [{mount_point: /src, source: ${source}}]}]\n`,
    options,
  ).spec;

test('no container sees the state directory, its parents or its parts', async () => {
  const home = await tempDir('home');
  const state = join(home, 'state');
  await mkdir(state);
  await symlink(state, join(home, 'link'));
  for (const source of [home, state, join(state, 'workers')]) {
    await expect(assertStateHidden(specOf(source), join(home, 'link'))).rejects.toMatchObject({
      code: 'spec_invalid',
      message: expect.stringContaining(`mounts ${source}, which would give it mayfly's state in ${state}`) as string,
    });
  }
  await assertStateHidden(specOf(join(home, 'app')), state);
  await assertStateHidden(specOf(join(home, 'state-of-others')), join(home, 'none'));
});
