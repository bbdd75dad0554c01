import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePlace } from '../../src/cli/commands/cp/places.js';
import { dockerAvailable, images } from '../support/docker.js';
import { describeTree } from '../support/tree.js';
import { type Scene, scene } from './scene.js';
import { specs, waiting } from './specs.js';

const places: Record<string, ReturnType<typeof parsePlace>> = {
  'ci:/work': { worker: 'ci', container: 'engine', path: '/work' },
  'ci:build:/work': { worker: 'ci', container: 'build', path: '/work' },
  'ci:work': { worker: 'ci', container: 'engine', path: 'work' },
  'ci:/a:b': { worker: 'ci', container: 'engine', path: '/a:b' },
  'ci:build:a:b': { worker: 'ci', container: 'build', path: 'a:b' },
  './ci:x': null,
  '/a:b': null,
  'ci:': null,
  '-': null,
  'C:\\x': null,
};
test.for(Object.entries(places))('the place %s', ([text, place]) => expect(parsePlace(text)).toEqual(place));

const box = { name: 'box', cpu: 50, memory: 64, storage: 10 };
const daemons: Record<string, () => Promise<Scene>> = {
  process: () =>
    scene({
      spec: specs.process({
        containers: [{ ...box, command: waiting, mounts: [{ name: 'work', mount_point: '/work' }] }],
        volumes: [{ name: 'work', storage: 5, medium: 'disk' }],
      }),
    }),
  ...(dockerAvailable() && {
    docker: () =>
      scene({
        docker: 'real',
        spec: specs.docker({
          containers: [{ ...box, image: images.busybox, command: waiting, mounts: [{ name: 'work', mount_point: '/work' }] }],
          volumes: [{ name: 'work', storage: 5, medium: 'disk' }],
        }),
      }),
  }),
};

describe.for(Object.entries(daemons))('cp, on %s', ([kind, open]) => {
  let one: Scene;
  const local = (...path: string[]) => join(one.folder, ...path);
  beforeAll(async () => {
    one = await open();
    await one.must(['apply', 'SPEC', '--auto-approve']);
    await mkdir(local('src', 'sub'), { recursive: true });
    await writeFile(local('src', 'run.sh'), '#!/bin/sh\necho ran\n');
    await chmod(local('src', 'run.sh'), 0o755);
    await writeFile(local('src', 'sub', 'own'), 'mine', { mode: 0o600 });
    await symlink('sub/own', local('src', 'link'));
  });
  afterAll(async () => {
    await one.must(['destroy', 'NAME', '--auto-approve']);
    const left = await one.leftAtLast();
    await one.close();
    expect(left).toEqual([]);
  });
  const there = (path: string) => `${one.name}:box:${path}`;
  const inBox = (command: string) => one.must(['exec', 'NAME', 'box', '--', 'sh', '-c', command]);

  test('a file in and out, under its name and another', async () => {
    expect(await one.cli(['cp', 'src/run.sh', there('/work')])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await one.must(['cp', 'src/run.sh', there('/work/other.sh')]);
    // A local process has its volumes below its own directory.
    const work = kind === 'docker' ? '/work' : 'work';
    expect(await inBox(`${work}/run.sh; ${work}/other.sh`)).toBe('ran\nran\n');
    await one.must(['cp', there('/work/other.sh'), '.']);
    await one.must(['cp', there('/work/other.sh'), 'again.sh']);
    for (const name of ['other.sh', 'again.sh']) {
      expect(await readFile(local(name), 'utf8')).toBe('#!/bin/sh\necho ran\n');
      expect((await stat(local(name))).mode & 0o777).toBe(0o755);
    }
  });

  test('a tree in and out, and its content alone', async () => {
    const source = await describeTree(local('src'));
    await one.must(['cp', 'src', there('/work')]);
    await one.must(['cp', 'src', there('/work/new')]);
    await one.must(['cp', 'src/.', there('/work/new')]);
    await one.must(['cp', there('/work/src'), 'out1']);
    await one.must(['cp', there('/work/new'), 'out2']);
    await mkdir(local('out3'));
    await one.must(['cp', there('/work/new/.'), 'out3']);
    await one.must(['cp', there('/work/new'), 'out3']);
    expect(await describeTree(local('out1'))).toEqual(source);
    expect(await describeTree(local('out2'))).toEqual(source);
    const { new: _new, ...rest } = await describeTree(local('out3'));
    expect(Object.fromEntries(Object.entries(rest).filter(([path]) => !path.startsWith('new/')))).toEqual(source);
    expect(await describeTree(local('out3', 'new'))).toEqual(source);
  });

  test('as a tar, both ways', async () => {
    execFileSync('tar', ['-cf', local('in.tar'), '-C', local('src'), '.']);
    await inBox(`mkdir ${kind === 'docker' ? '/work' : 'work'}/tar`);
    await one.must(['cp', '-', there('/work/tar')], { input: await readFile(local('in.tar'), 'latin1') });
    const out = await one.must(['cp', there('/work/tar'), '-']);
    await writeFile(local('out.tar'), out);
    execFileSync('tar', ['-xf', local('out.tar'), '-C', local('.')]);
    expect(await describeTree(local('tar'))).toEqual(await describeTree(local('src')));
  });

  test('from one container to another', async () => {
    expect(await one.cli(['cp', there('/work/src'), `${one.name}:/from-box`])).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await one.must(['cp', `${one.name}:/from-box`, 'out4']);
    expect(await describeTree(local('out4'))).toEqual(await describeTree(local('src')));
  });

  const mistakes: Record<string, { args: () => string[]; says: RegExp }> = {
    'a local file that is not there': {
      args: () => ['no-such', there('/work')],
      says: /^Error: no-such: does not exist\n {2}→ check the path/,
    },
    'a path in the container that is not there': { args: () => [there('/no/such'), '.'], says: /^Error: \/no\/such: does not exist/ },
    'into a directory that is not there': { args: () => ['src', there('/no/such/dir')], says: /^Error: \/no\/such: does not exist/ },
    'out to a directory that is not there': { args: () => [there('/work'), 'no/such/dir'], says: /^Error: no\/such: does not exist/ },
    'a tree over a file': { args: () => ['src', there('/work/run.sh')], says: /^Error: \/work\/run\.sh: is no directory/ },
    'a tar into a file': { args: () => ['-', there('/work/run.sh')], says: /^Error: \/work\/run\.sh: is no directory/ },
    'no tar': { args: () => ['-', there('/work')], says: /^Error: / },
    'two local places': { args: () => ['src', 'dst'], says: /^Error: neither place is in a worker\n {2}→ one of them must be WORKER:PATH/ },
    'two places in one container': {
      args: () => [there('/a'), there('/b')],
      says: /^Error: both places are in the same container\n {2}→ copy inside of it: mayfly exec \S+ box -- cp -a \/a \/b/,
    },
    'from a path of another container that is not there': {
      args: () => [`${one.name}:/none`, there('/work')],
      says: /^Error: \S+:engine:\/none: does not exist/,
    },
    'no such container': { args: () => ['src', `${one.name}:nobody:/work`], says: /no container "?nobody/ },
    'no such worker': { args: () => ['src', 'nobody:/work'], says: /^Error: nobody: no worker named nobody is running/ },
  };
  test.for(Object.entries(mistakes))('%s', async ([, { args, says }]) => {
    const { code, stdout, stderr } = await one.cli(['cp', ...args()], { input: 'no tar at all'.repeat(200) });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/bug in mayfly/);
  });

  test.runIf(kind === 'process')("what leads out of a process's directories", async () => {
    await inBox('ln -s /etc away');
    const { code, stderr } = await one.cli(['cp', there('away/hostname'), '.']);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/leads to \/etc\/hostname, which is outside of the worker's directories/)]);
  });
});
