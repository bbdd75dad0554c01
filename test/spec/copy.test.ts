import { expect, test } from 'vitest';
import { readCopy } from '../../src/spec/copy.js';
import { parseSpec } from '../../src/spec/parse.js';
import { failure, options } from './support.js';

const text = (copy: string) => `max_duration: 60\nengine: {image: a}\ncontainers: [{name: test, image: a}]\ncopy:\n  - ${copy}\n`;
const copyOf = (copy: string) => parseSpec(text(copy), options).spec.copy[0];

test.for<[string, Record<string, unknown>]>([
  ['{from: ., to: /src}', { from: '/specs', tracked: null, to: '/src', in: 'engine', owner: 'user', ignore_file: null }],
  ['{from: ../a/b, to: /src/, in: test, owner: keep}', { from: '/a/b', to: '/src', in: 'test', owner: 'keep' }],
  [
    '{from: /a, to: /, owner: "1000:1001", ignore_file: .dockerignore}',
    { from: '/a', to: '/', owner: '1000:1001', ignore_file: '/specs/.dockerignore' },
  ],
  ['{from: git, to: /src}', { from: '/specs', tracked: 'repository' }],
  ['{from: "git:sub/dir", to: /src}', { from: '/specs/sub/dir', tracked: 'directory' }],
  ['{from: ./git, to: /src}', { from: '/specs/git', tracked: null }],
])('%s', ([copy, expected]) => {
  expect(copyOf(copy)).toMatchObject({ ...expected, place: { file: 'ci.yaml', line: 5, column: 6, path: 'copy[0].from' } });
});

test.for([
  ['{to: /src}', 'ci.yaml:5:5 copy[0].from', 'is required'],
  ['{from: ., to: src}', 'ci.yaml:5:15 copy[0].to', 'must be an absolute path, got "src"'],
  ['{from: ., to: /a, owner: root}', 'ci.yaml:5:23 copy[0].owner', 'must be user, keep, or UID:GID, got "root"'],
  ['{from: ., to: /a, in: tset}', 'ci.yaml:5:23 copy[0].in', 'no container is called "tset"'],
])('%s is refused', ([copy, place, cause]) => {
  const error = failure(text(copy!));
  const { file, line, column, path } = error.place!;
  expect([`${file}:${line}:${column} ${path}`, error.message]).toEqual([place, cause]);
});

test.for<[string, Record<string, unknown> | null]>([
  ['.:test:/src', { from: '/here', written: '.', in: 'test', to: '/src', place: { path: '--copy .:test:/src' } }],
  ['git:sub:engine:/a:b', { from: '/here/sub', tracked: 'directory', in: 'engine', to: '/a:b' }],
  ['a:b:test:/src', { from: '/here/a:b', in: 'test', to: '/src' }],
  ['.:/src', null],
  ['.:test:src', null],
])('--copy %s', ([given, expected]) => {
  const copy = readCopy(given, '/here');
  if (expected === null) expect(copy).toBeNull();
  else expect(copy).toMatchObject(expected);
});
