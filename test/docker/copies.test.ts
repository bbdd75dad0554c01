import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Scene, scene } from '../cli/scene.js';
import { specs } from '../cli/specs.js';
import { dockerAvailable, images } from '../support/docker.js';
import { tempDir } from '../support/temp-dir.js';
import { small, worker } from './support.js';

const isRoot = process.getuid?.() === 0;
/** The owner of the file `numbers`: only root can give it another. */
const numbers = isRoot ? '1234:5678' : `${process.getuid?.()}:${process.getgid?.()}`;

describe.skipIf(!dockerAvailable())('copy on Docker', () => {
  let one: Scene;
  beforeAll(async () => {
    const box = { name: 'box', image: images.busybox, cpu: 50, memory: 32, storage: 10, user: '1000:1001', working_dir: '/src' };
    one = await scene({
      docker: 'real',
      spec: specs.docker({
        containers: [box],
        copy: [
          { from: 'project', to: '/src/deep', in: 'box' },
          { from: 'project/run.sh', to: '/bin/own', owner: '7:8' },
          { from: 'numbers', to: '/kept', in: 'box', owner: 'keep' },
          { from: 'numbers', to: '/given', in: 'box', owner: '7:8' },
        ],
      }),
    });
    mkdirSync(join(one.folder, 'project', 'sub'), { recursive: true });
    writeFileSync(join(one.folder, 'project', 'run.sh'), '#!/bin/sh\necho ran\n');
    chmodSync(join(one.folder, 'project', 'run.sh'), 0o750);
    writeFileSync(join(one.folder, 'numbers'), '');
    if (isRoot) chownSync(join(one.folder, 'numbers'), 1234, 5678);
    symlinkSync('/etc/passwd', join(one.folder, 'project', 'sub', 'link'));
  });
  afterAll(() => one.close());

  test('run has the files, owned by the user of the container or by the given one', async () => {
    const look = 'cd /src; ./deep/run.sh; stat -c "%n %u:%g %a" deep deep/run.sh /kept /given; readlink deep/sub/link';
    const { code, stdout, stderr } = await one.cli([
      'run',
      'SPEC',
      '--in',
      'box',
      '--copy',
      'project/run.sh:box:/tmp/two',
      '--',
      'sh',
      '-c',
      `${look}; /tmp/two`,
    ]);
    expect([code, stdout]).toEqual([
      0,
      `ran\ndeep 1000:1001 755\ndeep/run.sh 1000:1001 750\n/kept ${numbers} 644\n/given 7:8 644\n/etc/passwd\nran\n`,
    ]);
    expect(stderr).toContain('copied project to box:/src/deep: 2 files, 1 kB in ');
    expect(stderr).toContain('copied project/run.sh to engine:/bin/own: 1 file, 1 kB in ');
  });

  test('the plan says files and size, and changes nothing', async () => {
    expect(await one.must(['plan', 'SPEC'])).toContain('  copy project to box:/src/deep: 2 files, 1 kB\n');
    expect(await one.left()).toEqual([]);
  });

  test('a large tree over an existing one: a FIFO deep in it is not replaced, and the rest is', async () => {
    const own = await worker(small);
    const folder = join(await tempDir('tree'), 'tree');
    mkdirSync(folder);
    for (let index = 100; index < 200; index += 1) writeFileSync(join(folder, `f${index}`), 'new\n');
    await own.apply();
    const inside = async (script: string) => (await own.must(['exec', 'NAME', '--', 'sh', '-c', script])).stdout;
    await inside('mkdir /tree; for i in $(seq 100 199); do echo old > /tree/f$i; done; rm /tree/f199; mkfifo /tree/f199');
    const refused = await own.cli(['cp', `${folder}/.`, `${own.name}:/tree`]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('/tree/f199: is a FIFO, which a copy would replace')]);
    await inside('rm /tree/f199');
    await own.must(['cp', `${folder}/.`, `${own.name}:/tree`]);
    expect(await inside('cat /tree/f* | sort | uniq -c | xargs')).toBe('100 new\n');
  });
});
