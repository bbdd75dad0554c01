import { expect, test } from 'vitest';
import { parseSpec } from '../../src/spec/parse.js';
import type { ReadSmall } from '../../src/spec/read-small.js';
import { base, failure, options, visible } from './support.js';

const readOf =
  (files: Record<string, string>): ReadSmall =>
  (path) =>
    path in files ? Buffer.from(files[path]!) : { cause: 'does not exist', remedy: 'check the path' };

const readFile = readOf({
  '/specs/.env': 'A=1\nB=file\nTOKEN\n',
  '/specs/deep/more.env': 'A=2\n',
  '/specs/bad.env': 'A=1\nhush hush\nUNSET\n',
});
const env = { TOKEN: 'hush' };

test('variables of env files: the last file wins, then env; all of them are secret but those of env', () => {
  const text = `${base}engine: {image: a, env_file: .env, env: {B: own, D: d}}
containers: [{name: c, image: a, env_file: [.env, deep/more.env], env: {E: "\${env:TOKEN}"}}, {name: d, image: a}]
service_containers: [{name: s, image: a, env_file: /specs/deep/more.env}]\n`;
  const { spec } = parseSpec(text, { ...options, env, readFile });
  expect(spec.engine).toMatchObject({ env: { A: '1', B: 'own', TOKEN: 'hush', D: 'd' }, secret_env: ['A', 'TOKEN'] });
  expect(spec.containers).toMatchObject([
    { env: { A: '2', B: 'file', TOKEN: 'hush', E: 'hush' }, secret_env: ['A', 'B', 'TOKEN', 'E'] },
    { env: {}, secret_env: [] },
  ]);
  expect(spec.service_containers).toMatchObject([{ env: { A: '2' }, secret_env: ['A'] }]);
  expect(spec.engine).not.toHaveProperty('env_file');
});

test('JSON of a program names files too', () => {
  const content = {
    max_duration: 60,
    engine: { image: 'a', env: { B: 'own' }, env_file: '.env', files: [{ to: '/a', from: 'deep/more.env' }] },
  };
  expect(parseSpec(JSON.stringify(content), { ...options, env, readFile }).spec.engine).toMatchObject({
    env: { A: '1', B: 'own', TOKEN: 'hush' },
    secret_env: ['A', 'TOKEN'],
    files: [{ to: '/a', content: 'QT0yCg==' }],
  });
  expect(failure(JSON.stringify({ ...content, engine: { image: 'a', env_file: 'none.env' } }), { env, readFile })).toMatchObject({
    place: { line: 1, column: 42, path: 'engine.env_file' },
    message: 'none.env does not exist',
  });
});

test('all mistakes are reported at once, with their line, and without a value', () => {
  const text = `${base}engine: {image: a, env_file: none.env}\ncontainers:\n  - {name: c, image: a, env_file: [.env, bad.env]}\n`;
  const error = failure(text, { env, readFile });
  expect(error.problems).toMatchObject([
    { place: { line: 5, column: 20, path: 'engine.env_file' }, cause: 'none.env does not exist', remedy: 'check the path' },
    {
      place: { line: 7, column: 42, path: 'containers[0].env_file[1]' },
      cause: expect.stringMatching(/^bad\.env:2: a variable's name must/) as string,
    },
    { place: { line: 7, path: 'containers[0].env_file[1]' }, cause: 'bad.env:3: the variable UNSET is not set' },
  ]);
  expect(visible(error)).not.toContain('hush');
});

test('a spec of another machine cannot name files', () => {
  expect(failure(`${base}engine: {image: a, env_file: .env}\n`)).toMatchObject({
    message: '.env cannot be read, because this spec comes from another machine',
    remedy: 'write its content into the spec',
  });
});

test.each(['{a: b}', '[]', '5'])('env_file: %s is neither a path nor a list of them', (value) => {
  expect(failure(`${base}engine: {image: a, env_file: ${value}}\n`, { readFile }).remedy).toMatch(/^write for example `env_file: \.env`/);
});
