import { expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import type { ReadSmall } from '../../src/spec/read-small.js';
import { base, failure, options, visible } from './support.js';

const megabyte = 2 ** 20;
const readFile: ReadSmall = (path, maxBytes) => {
  if (path === '/specs/init.sql') return Buffer.from([0xff, 0x00]);
  if (path === '/specs/empty') return Buffer.alloc(0);
  if (path === '/specs/full') return Buffer.alloc(maxBytes, 'x');
  if (path === '/specs/large') return { cause: `is larger than ${maxBytes / megabyte} MB`, remedy: 'another' };
  return { cause: 'does not exist', remedy: 'check the path' };
};
const engine = (files: string) => `${base}engine:\n  image: a\n  files: [${files}]\n`;
const parse = (text: string) => parseSpec(text, { ...options, env: { TOKEN: 'hush' }, readFile }).spec;

test('files of the engine and of every container, with text, or the bytes of a file', () => {
  const text = `${engine('{to: /a/b.conf, content: "t=${env:TOKEN} é"}, {to: /k, content: x, mode: 0600, owner: 999}')}containers:
  - {name: c, image: a, files: [{to: /i.sql, from: init.sql, mode: "0o755", owner: "010:0"}]}
service_containers:
  - {name: s, image: a}\n`;
  const { engine: own, containers, service_containers } = parse(text);
  expect(own!.files).toEqual([
    { to: '/a/b.conf', content: 'dD1odXNoIMOp', mode: '0644', owner: null },
    { to: '/k', content: 'eA==', mode: '0600', owner: '999:999' },
  ]);
  expect(containers[0]!.files).toEqual([{ to: '/i.sql', content: '/wA=', mode: '0755', owner: '10:0' }]);
  expect(service_containers[0]!.files).toEqual([]);
});

const bad: Record<string, [files: string, at: string, cause: string | RegExp, remedy?: RegExp]> = {
  'neither content nor from': ['{to: /a}', '7:11 engine.files[0]', /must have either content or from/],
  both: ['{to: /a, content: x, from: init.sql}', '7:11 engine.files[0]', /must have either content or from/],
  'empty content': ["{to: /a, content: ''}", '7:20 engine.files[0].content', /must not be empty/],
  'a relative path': ['{to: a, content: x}', '7:12 engine.files[0].to', /absolute path/],
  'the same path twice': ['{to: /a, content: x}, {to: /a/, content: y}', '7:34 engine.files[1].to', /is the path of another file/],
  'a mode of words': ['{to: /a, content: x, mode: rw}', '7:32 engine.files[0].mode', /three octal digits/],
  'a mode that is no octal number': ['{to: /a, content: x, mode: 0680}', '7:32 engine.files[0].mode', /three octal digits/],
  'an owner by name': ['{to: /a, content: x, owner: postgres}', '7:32 engine.files[0].owner', /must be the number of a user/],
  'no such file': ['{to: /a, from: none}', '7:20 engine.files[0].from', 'none does not exist', /check the path/],
  'an empty file': ['{to: /a, from: empty}', '7:20 engine.files[0].from', 'empty is empty'],
  'a large file': ['{to: /a, from: large}', '7:20 engine.files[0].from', 'large is larger than 1 MB', /^use `copy`/],
};
test.each(Object.entries(bad))('%s', (_, [files, at, cause, remedy = /./]) => {
  const { problems } = failure(engine(files), { readFile });
  const [{ place, ...problem }] = problems as [(typeof problems)[0]];
  expect([problems.length, `${place?.line}:${place?.column} ${place?.path}`]).toEqual([1, at]);
  expect(problem.cause).toEqual(typeof cause === 'string' ? cause : expect.stringMatching(cause));
  expect(problem.remedy).toMatch(remedy);
});

test('all files of a spec have at most 10 MB', () => {
  const files = (count: number) => Array.from({ length: count }, (_, index) => `{to: /${index}, from: full}`).join(', ');
  expect(parse(engine(files(10))).engine!.files).toHaveLength(10);
  expect(failure(engine(`${files(10)}, {to: /a, content: x}`), { readFile })).toMatchObject({
    message: 'its files are larger than 10 MB in all',
    remedy: 'use `copy` for large files',
  });
});

test('a content is in no error', () => {
  expect(visible(failure(engine('{to: /a, content: [hush]}'), { readFile }))).not.toContain('hush');
  expect(visible(failure(engine('{to: /a, content: hush, from: none, mode: 9}'), { readFile }))).not.toContain('hush');
});
