import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { link, mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import type { ArtifactSpec } from '../../../src/spec/worker-spec.js';
import { collectArtifacts } from '../../../src/worker/artifacts/collect.js';
import { codeWith, collectGrace, dueAfter } from '../../../src/worker/artifacts/rules.js';
import { removeFiles } from '../../memory/files.js';
import { openScene } from '../../memory/scene.js';
import { seed } from '../../memory/seed.js';
import { describeTree } from '../../support/tree.js';
import { tempDir } from '../../support/temp-dir.js';

afterEach(removeFiles);
afterEach(() => vi.restoreAllMocks());

const never = new AbortController().signal;
const artifact = (from: string, more: Partial<ArtifactSpec> = {}): ArtifactSpec => ({
  ...{ container: 'engine', from, to: null, optional: false, when: 'always', max: null },
  ...more,
});

/** A worker whose engine has the files that `fill` writes into a directory. */
async function scene(fill: (directory: string) => Promise<unknown>) {
  const { node, client } = await openScene({ clock: systemClock });
  seed(node);
  const source = await tempDir('source');
  await fill(source);
  const own = client();
  await (
    await own.backend.sessions!.files('one', 'engine')
  ).write('/', Readable.from([execFileSync('tar', ['-C', source, '-c', '.'], { maxBuffer: 2 ** 24 })]), never);
  const directory = await tempDir('caller');
  const collect = (...artifacts: ArtifactSpec[]) => collectArtifacts(own, own.backend, 'one', artifacts, { directory, within: 10_000 });
  return { own, directory, collect };
}

const write = async (directory: string, files: Record<string, string>) => {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), content);
  }
};

test('files, directories and globs are put in the caller’s directory', async () => {
  const { own, directory, collect } = await scene((source) =>
    write(source, { 'junit.xml': '<xml/>', 'coverage/lcov.info': 'lcov', 'coverage/html/index.html': 'html', 'coverage/.raw': '' }),
  );
  const collected = await collect(
    artifact('junit.xml', { to: 'reports/unit.xml' }),
    artifact('coverage'),
    artifact('*.xml'),
    artifact('coverage/**/*.html', { to: 'pages' }),
  );
  expect(collected.map(({ placed }) => placed)).toEqual([
    { path: 'reports/unit.xml', files: 1, bytes: 6 },
    { path: 'coverage', files: 3, bytes: 8 },
    { path: '*.xml', files: 1, bytes: 6 },
    { path: 'pages', files: 1, bytes: 4 },
  ]);
  expect((await readdir(directory, { recursive: true })).sort()).toEqual([
    'coverage',
    'coverage/.raw',
    'coverage/html',
    'coverage/html/index.html',
    'coverage/lcov.info',
    'junit.xml',
    'pages',
    'pages/html',
    'pages/html/index.html',
    'reports',
    'reports/unit.xml',
  ]);
  expect(own.warnings()).toEqual([]);
});

test('existing files are replaced, others stay', async () => {
  const { directory, collect } = await scene((source) => write(source, { 'out/a': 'new' }));
  await write(directory, { 'out/a': 'old', 'out/b': 'other' });
  await collect(artifact('out'));
  expect([await readFile(join(directory, 'out/a'), 'utf8'), await readFile(join(directory, 'out/b'), 'utf8')]).toEqual(['new', 'other']);
});

test('a missing artifact is a warning, unless it is optional', async () => {
  const { own, collect } = await scene(() => Promise.resolve());
  const collected = await collect(artifact('junit.xml'), artifact('*.xml'), artifact('none', { optional: true }));
  expect(collected.map(({ placed }) => placed)).toEqual([null, null, null]);
  expect(own.warnings()).toEqual(['artifact engine:junit.xml: there is no such file', 'artifact engine:*.xml: there is no such file']);
});

test('an artifact above its max is not kept, not even partly', async () => {
  const { own, directory, collect } = await scene((source) =>
    write(source, { 'out/a': 'a'.repeat(600_000), 'out/b': 'b'.repeat(600_000) }),
  );
  const collected = await collect(artifact('out', { max: 1 }), artifact('out/a', { max: 1 }));
  expect(collected.map(({ placed }) => placed)).toEqual([null, { path: 'out/a', files: 1, bytes: 600_000 }]);
  expect(own.warnings()).toEqual(['artifact engine:out: not collected: it has more than 1 MB, its `max`']);
  expect((await readdir(directory, { recursive: true })).sort()).toEqual(['out', 'out/a']);
});

test('links that lead outside are left out, others are kept', async () => {
  const { own, directory, collect } = await scene(async (source) => {
    await write(source, { 'out/a': 'a', secret: 's' });
    await symlink('a', join(source, 'out/inside'));
    await symlink('../secret', join(source, 'out/outside'));
    await symlink('.', join(source, 'out/here'));
    await symlink('here/../../secret', join(source, 'out/around'));
    await link(join(source, 'out/a'), join(source, 'out/hard'));
  });
  await collect(artifact('out'));
  expect((await readdir(join(directory, 'out'))).sort()).toEqual(['a', 'hard', 'here', 'inside']);
  expect(own.warnings()).toEqual([
    'artifact engine:out: left out: out/around is a link to here/../../secret, which is not among the collected files; ' +
      'out/outside is a link to ../secret, which is not among the collected files',
  ]);
});

test('nothing is written outside of the caller’s directory, even through its links', async () => {
  const { own, directory, collect } = await scene((source) => write(source, { 'out/a': 'a' }));
  const elsewhere = await tempDir('elsewhere');
  await symlink(elsewhere, join(directory, 'out'));
  await collect(artifact('out'));
  expect(await describeTree(elsewhere)).toEqual(await describeTree(await tempDir('empty')));
  expect(own.warnings()).toEqual([
    `artifact engine:out: not collected: leads to ${elsewhere}, outside of the directory that mayfly was called in`,
  ]);
});

test('a directory that cannot be written is a warning', async () => {
  const { own, collect, directory } = await scene((source) => write(source, { a: 'a' }));
  const all = await collectArtifacts(own, own.backend, 'one', [artifact('a')], { directory: join(directory, 'none'), within: 1000 });
  expect(all).toMatchObject([{ placed: null }]);
  expect(own.warnings()).toMatchObject([expect.stringMatching(/^no artifacts were collected: ENOENT/)]);
  expect(await collect()).toEqual([]);
});

test('on a full disk, an artifact is not collected in part', async () => {
  const { own, collect, directory } = await scene((source) => write(source, { 'out/a': 'a', 'out/b': 'b' }));
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  vi.spyOn(fs, 'write').mockImplementation(((...values: unknown[]) => (values.at(-1) as (error: Error) => void)(full)) as typeof fs.write);
  expect(await collect(artifact('out'))).toMatchObject([{ placed: null, failure: { message: full.message } }]);
  expect(own.warnings()).toEqual(['artifact engine:out: not collected: ENOSPC: no space left on device, write']);
  expect(await readdir(directory)).toEqual([]);
});

test('which artifacts are due, how long, and the exit code', () => {
  const [always, failure] = [artifact('a'), artifact('b', { when: 'failure' })];
  expect([dueAfter([always, failure], false), dueAfter([always, failure], true)]).toEqual([[always], [always, failure]]);
  expect([collectGrace({ collect_grace: 10, max_duration: 300 }), collectGrace({ collect_grace: 10, max_duration: 4 })]).toEqual([
    10_000, 2000,
  ]);
  const [missing, optional] = [
    { artifact: always, placed: null },
    { artifact: artifact('c', { optional: true }), placed: null },
  ];
  const there = { artifact: always, placed: { path: 'a', files: 1, bytes: 1 } };
  expect([codeWith(0, [there, optional]), codeWith(0, [missing]), codeWith(3, [missing]), codeWith(3, [there])]).toEqual([0, 1, 3, 3]);
});
