import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { normaliseRemote, originOf, remoteUrl } from '../../src/spec/origin.js';
import { tempDir } from '../support/temp-dir.js';

const here = hostname();

const remotes: Record<string, string> = {
  'https://github.com/owner/repo.git': 'github.com/owner/repo',
  'https://user:secret@GitHub.com/owner/repo': 'github.com/owner/repo',
  'https://gitlab-ci-token:glcbt-secret@gitlab.example.com/group/sub/repo.git': 'gitlab.example.com/group/sub/repo',
  'https://git.example.com:8443/owner/repo/': 'git.example.com:8443/owner/repo',
  'https://git.example.com:443/owner/repo.git?token=secret#main': 'git.example.com/owner/repo',
  'git@github.com:owner/repo.git': 'github.com/owner/repo',
  'github.com:owner/repo': 'github.com/owner/repo',
  'git@host:/srv/repo.git/': 'host/srv/repo',
  'ssh://git@github.com:22/owner/repo.git': 'github.com/owner/repo',
  'ssh://git@git.example.com:2222/owner/repo.git': 'git.example.com/owner/repo',
  'git://git.example.com/owner/repo.git': 'git.example.com/owner/repo',
  'file:///srv/my%20repo.git': `${here}/srv/my repo`,
  '/srv/repo.git': `${here}/srv/repo`,
  '../other.git': `${here}/home/other`,
};

describe('a remote, however it is written', () => {
  test.each(Object.entries(remotes))('%s', (url, normalised) => {
    expect(normaliseRemote(url, '/home/repo')).toBe(normalised);
  });
});

const configs: Record<string, [text: string, url: string | null]> = {
  'origin among others': ['[remote "up"]\n\turl = a:b\n[remote "origin"]\n\turl = c:d\n\tfetch = x\n', 'c:d'],
  'the first where there is no origin': ['[core]\n\turl = no\n[remote "up"]\n\turl = "a:b"\n[remote "down"]\n\turl = c:d', 'a:b'],
  'the first URL of several': ['[remote "origin"]\nurl = a:b\nurl = c:d\n[branch "main"]\nurl = e:f\n', 'a:b'],
  'no remote': ['[core]\n\tbare = false\n', null],
};

describe('the remote in a git configuration', () => {
  test.each(Object.entries(configs))('%s', (_name, [text, url]) => {
    expect(remoteUrl(text)).toBe(url);
  });
});

async function repository(url?: string): Promise<string> {
  const root = await tempDir('repository');
  execFileSync('git', ['init', '-q', root]);
  if (url !== undefined) execFileSync('git', ['-C', root, 'remote', 'add', 'origin', url]);
  await mkdir(join(root, 'ci', 'deep'), { recursive: true });
  await writeFile(join(root, 'ci', 'deep', 'w.yaml'), '');
  return root;
}

describe('where a spec comes from', () => {
  test('two clones of a repository are one origin, and a path in it another', async () => {
    const [a, b] = [await repository('git@example.com:o/r.git'), await repository('https://me:secret@example.com/o/r')];
    await writeFile(join(a, 'other.yaml'), '');
    expect(await originOf(join(a, 'ci', 'deep', 'w.yaml'))).toBe('example.com/o/r:ci/deep/w.yaml');
    expect(await originOf(join(b, 'ci', 'deep', 'w.yaml'))).toBe('example.com/o/r:ci/deep/w.yaml');
    expect(await originOf(join(a, 'other.yaml'))).toBe('example.com/o/r:other.yaml');
  });

  test('a worktree and a link are the file that they lead to', async () => {
    const root = await repository('https://example.com/o/r');
    const git = (...args: string[]) => execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]);
    git('add', '.');
    git('commit', '-qm', 'first');
    const tree = join(await tempDir('worktree'), 'tree');
    git('worktree', 'add', '-q', tree, '-b', 'other');
    expect(await originOf(join(tree, 'ci', 'deep', 'w.yaml'))).toBe('example.com/o/r:ci/deep/w.yaml');
    const link = join(await tempDir('link'), 'w.yaml');
    await symlink(join(root, 'ci', 'deep', 'w.yaml'), link);
    expect(await originOf(link)).toBe('example.com/o/r:ci/deep/w.yaml');
  });

  test('without a remote, or outside of a repository: this host and the path', async () => {
    const root = await repository();
    expect(await originOf(join(root, 'ci', 'deep', 'w.yaml'))).toBe(`${here}:${root}/ci/deep/w.yaml`);
    const outside = await tempDir('outside');
    await writeFile(join(outside, 'ü\x1b[31m.yaml'), '');
    expect(await originOf(join(outside, 'ü\x1b[31m.yaml'))).toBe(`${here}:${outside}/ü  31m.yaml`);
  });

  test('a long path is cut to what a label holds, and stays its own', async () => {
    const folder = join(await tempDir('long'), 'x'.repeat(200));
    await mkdir(folder);
    const [a, b] = [join(folder, `${'y'.repeat(100)}a.yaml`), join(folder, `${'y'.repeat(100)}b.yaml`)];
    for (const path of [a, b]) await writeFile(path, '');
    const [first, second] = [await originOf(a), await originOf(b)];
    expect([first?.length, second?.length, first === second]).toEqual([256, 256, false]);
  });

  test('a pipe and a file that is gone have none', async () => {
    expect(await originOf('/dev/null')).toBe(null);
    expect(await originOf('/no/such/file')).toBe(null);
  });
});
