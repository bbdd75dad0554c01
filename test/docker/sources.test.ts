import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dockerAvailable } from '../support/docker.js';
import { tempDir } from '../support/temp-dir.js';
import { container, leftOf, small, wait, worker } from './support.js';

describe.skipIf(!dockerAvailable())('a checkout in a container', () => {
  test('copy-on-write writes reach no file of it, the others do; nothing is left and nothing of it is removed', async () => {
    const checkout = await tempDir('checkout');
    await writeFile(join(checkout, 'file'), 'one\n');
    const mounts = [
      { source: checkout, mount_point: '/src' },
      { source: checkout, mount_point: '/cow', copy_on_write: true },
    ];
    const one = await worker({ ...small, containers: [container('test', { command: wait(), mounts })] });
    await one.apply();
    const { stdout } = await one.must([
      ...['exec', 'NAME', 'test', '--', 'sh', '-c'],
      'echo two > /cow/file; echo new > /cow/new; rm -f /cow/none; cat /cow/file /src/file; ls /cow; echo seen > /src/seen',
    ]);
    expect(stdout).toBe('two\none\nfile\nnew\n');
    await one.must(['destroy', 'NAME', '--auto-approve']);
    expect(await leftOf(one.name)).toEqual([]);
    expect((await readdir(checkout)).sort()).toEqual(['file', 'seen']);
    expect(await readFile(join(checkout, 'file'), 'utf8')).toBe('one\n');
  });

  test('a directory that went after the plan is an error, and is not made', async () => {
    const parent = await tempDir('parent');
    await mkdir(join(parent, 'gone'));
    const mounts = [{ source: join(parent, 'gone'), mount_point: '/src' }];
    const one = await worker({ ...small, containers: [container('test', { command: wait(), mounts })] });
    expect((await one.cli(['plan', 'SPEC', '--out', join(parent, 'plan')])).code).toBe(0);
    await rm(join(parent, 'gone'), { recursive: true });
    const { code, stderr } = await one.cli(['apply', join(parent, 'plan')]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('a source of a mount is gone')]);
    expect(await readdir(parent)).toEqual(['plan']);
    expect(await leftOf(one.name)).toEqual([]);
  });
});
