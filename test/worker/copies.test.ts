import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { applyWorker } from '../../src/worker/apply.js';
import { planWorker } from '../../src/worker/plan.js';
import { removeFiles } from '../memory/files.js';
import { type Client, openScene, thingsOf } from '../memory/scene.js';
import { tempDir } from '../support/temp-dir.js';
import { describeTree } from '../support/tree.js';
import { unpackTree } from '../../src/backends/shared/unpack.js';

afterEach(removeFiles);

const never = new AbortController().signal;

/** A directory with these files (a text, or a link's target after `->`), and a spec in it that copies. */
async function project(files: Record<string, string>) {
  const folder = await tempDir('copy');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    if (text.startsWith('->')) await symlink(text.slice(2), join(folder, path));
    else await writeFile(join(folder, path), text);
  }
  const specOf = (copy: string, more = ''): WorkerSpec =>
    parseSpec(
      `name: one\nmax_duration: 300\ncreate_timeout: 60\nengine: {command: [serve]}\ncontainers: [{name: box, command: [idle]}]\n${more}copy: [${copy}]\n`,
      { file: 'ci.yaml', env: {}, directory: folder },
    ).spec;
  return { folder, specOf };
}

/** The files of a container. */
async function contentOf({ backend }: Client, container = 'box'): Promise<Record<string, string>> {
  const back = await tempDir('back');
  const files = await backend.sessions!.files('one', container);
  await unpackTree(await files.read('/', never), back, '.', never);
  return describeTree(back);
}

const options = { strict: false };
const names = (content: Record<string, string>) => Object.keys(content);

test('a directory is copied into a new container, with modes and links, and its parents are made', async () => {
  const { folder, specOf } = await project({ 'run.sh': 'echo', 'sub/a': 'a', 'sub/link': '->a', absolute: '->/etc/passwd' });
  await chmod(join(folder, 'run.sh'), 0o755);
  const client = (await openScene()).client();
  const { plan } = await applyWorker(client, specOf('{from: ., to: /deep/src, in: box}'), options);
  expect(plan.copies).toMatchObject([{ files: 4, bytes: 5 + '/etc/passwd'.length + 1, warnings: [] }]);
  const content = await contentOf(client);
  expect(names(content)).toEqual([
    ...['deep', 'deep/src', 'deep/src/absolute', 'deep/src/run.sh', 'deep/src/sub', 'deep/src/sub/a', 'deep/src/sub/link'],
  ]);
  expect(content).toMatchObject({
    'deep/src/absolute': 'link to /etc/passwd',
    'deep/src/run.sh': expect.stringMatching(/^file 755 /) as string,
    'deep/src/sub/link': 'link to a',
  });
  expect(client.events.find(({ type }) => type === 'copied')).toMatchObject({
    from: '.',
    container: 'box',
    to: '/deep/src',
    files: 4,
    special: 0,
  });
});

test.for<[string, string, Record<string, string>, string[]]>([
  ['a file under a new name', '{from: a, to: /x/b, in: box}', { a: '1' }, ['x', 'x/b']],
  ['a file into a directory', '{from: a, to: /, in: box}', { a: '1' }, ['a']],
  ['content into the root', '{from: d, to: /, in: box}', { 'd/a': '1' }, ['a']],
  [
    'no files of the ignore file',
    '{from: d, to: /s, in: box, ignore_file: i}',
    { 'd/a': '', 'd/l/x': '', 'd/l/y': '', i: 'l\n!l/y\n' },
    ['s', 's/a', 's/l', 's/l/y'],
  ],
  ['nothing below an ignored directory', '{from: d, to: /s, in: box, ignore_file: i}', { 'd/a': '', 'd/l/x': '', i: 'l\n' }, ['s', 's/a']],
])('%s', async ([, copy, files, expected]) => {
  const { specOf } = await project(files);
  const client = (await openScene()).client();
  await applyWorker(client, specOf(copy), options);
  expect(names(await contentOf(client))).toEqual(expected);
});

test('from git: tracked files as they are now, without removed ones, links not followed', async () => {
  const { folder, specOf } = await project({ 'ci/spec': '', 'src/a': 'old', 'src/gone': '', 'src/b/c': '', other: '', link: '->src' });
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'ignore' });
  git('init', '-q');
  git('add', '.');
  await writeFile(join(folder, 'untracked'), 'x');
  await writeFile(join(folder, 'src/a'), 'changed');
  await rm(join(folder, 'src/gone'));
  await rm(join(folder, 'src/b'), { recursive: true });
  await symlink('/etc', join(folder, 'src/b'));
  const client = (await openScene()).client();
  const { plan } = await applyWorker(client, specOf('{from: git, to: /all, in: box}, {from: "git:src", to: /part, in: box}'), options);
  expect(names(await contentOf(client))).toEqual([
    'all',
    'all/ci',
    'all/ci/spec',
    'all/link',
    'all/other',
    'all/src',
    'all/src/a',
    'part',
    'part/a',
  ]);
  expect(plan.copies[1]).toMatchObject({ files: 1, bytes: 7 });
});

test('sockets, FIFOs and devices are left out and counted; a .git file that leads elsewhere is a warning', async () => {
  const { folder, specOf } = await project({
    a: '1',
    'sub/.git': 'gitdir: ../.git/modules/sub\n',
    '.git/modules/sub/HEAD': '',
    'tree/.git': 'gitdir: /elsewhere\n',
  });
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const client = (await openScene()).client();
  const { plan } = await applyWorker(client, specOf('{from: ., to: /s, in: box}'), options);
  expect(plan.copies[0]!.warnings).toEqual([
    'copy . leaves out sockets, FIFOs and devices: 1',
    'copy .: tree/.git leads to a git directory that is not copied, so git does not work in the copy',
  ]);
  expect(client.events.find(({ type }) => type === 'copied')).toMatchObject({ files: 4, special: 1 });
});

test('a plan warns above 500 MB', async () => {
  const { folder, specOf } = await project({ big: '' });
  execFileSync('truncate', ['-s', '501M', join(folder, 'big')]);
  const { plan } = await planWorker((await openScene()).client(), specOf('{from: ., to: /s, in: box}'), options);
  expect(plan.copies[0]!.warnings).toEqual(['copy . has 501 MB: leave files out with ignore_file, or copy tracked files only (from: git)']);
});

test.for<[string, string, string]>([
  ['a path that does not exist', '{from: none, to: /s, in: box}', 'none does not exist'],
  ['an ignore file that does not exist', '{from: ., to: /s, in: box, ignore_file: none}', 'the ignore_file cannot be read: ENOENT'],
  ['no repository', '{from: git, to: /s, in: box}', 'fatal: not a git repository'],
])('at the plan, with its place: %s', async ([, copy, cause]) => {
  const { specOf } = await project({ a: '' });
  const { client, node } = await openScene();
  await expect(planWorker(client(), specOf(copy), options)).rejects.toMatchObject({
    code: 'copy_failed',
    place: { file: 'ci.yaml', line: 6, column: 9, path: 'copy[0].from' },
    message: expect.stringContaining(cause) as string,
  });
  expect(thingsOf(node)).toEqual([]);
});

test('a copy that fails fails the apply, and the new worker is removed', async () => {
  const { specOf } = await project({ a: '', 'd/x': '' });
  const { client, node } = await openScene();
  await expect(applyWorker(client(), specOf('{from: a, to: /f, in: box}, {from: d, to: /f, in: box}'), options)).rejects.toMatchObject({
    code: 'copy_failed',
    place: { line: 6, path: 'copy[1].from' },
    message: 'cannot be copied to box:/f: /f: is no directory',
  });
  expect(thingsOf(node)).toEqual([]);
});

test('only new containers get the files: an apply without changes copies nothing', async () => {
  const { folder, specOf } = await project({ a: '1' });
  const { client } = await openScene();
  const own = client();
  await applyWorker(own, specOf('{from: a, to: /a, in: box}, {from: a, to: /e}'), options);
  await writeFile(join(folder, 'a'), '22');
  const again = await applyWorker(client(), specOf('{from: a, to: /a, in: box}, {from: a, to: /e}'), options);
  expect(again.plan.copies).toEqual([]);
  const other = specOf('{from: a, to: /a, in: box}, {from: a, to: /e}');
  const replaced = await applyWorker(client(), { ...other, containers: [{ ...other.containers[0]!, command: ['serve'] }] }, options);
  expect(replaced.plan.copies.map(({ copy, bytes }) => [copy.in, bytes])).toEqual([['box', 2]]);
});
