import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { api } from './scene.js';

const echo = { name: 'echo', revision: 'v1', command: ['echo', 'one'], timeout: 30 };
const digestOf = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');

const echoDocument = {
  name: 'echo',
  revision: 'v1',
  digest: digestOf('{"command":["echo","one"],"container":null,"timeout":30000,"memory":null,"env":[]}'),
  default: true,
  command: ['echo', 'one'],
  wasm: null,
  container: 'engine',
  timeout: 30,
  env: [],
  memory: null,
  created: '2026-01-01T00:00:00.000Z',
};

test('the first revision of a function is its default, and a later one is not', async () => {
  const { ask } = await api();
  const added = await ask('/v1/functions', { body: echo });
  expect(added).toMatchObject({ status: 201, body: { ...echoDocument, created: expect.any(String) as string } });
  const second = await ask('/v1/functions', { body: { ...echo, revision: 'v2', command: ['echo', 'two'] } });
  expect(second).toMatchObject({ status: 201, body: { revision: 'v2', default: false } });
  expect((await ask('/v1/functions')).body).toMatchObject({
    functions: [
      { revision: 'v1', default: true },
      { revision: 'v2', default: false },
    ],
  });
  expect((await ask('/v1/functions/defaults')).body).toEqual({ defaults: [{ name: 'echo', revision: 'v1', previous: null }] });
});

test('a default is switched and rolled back', async () => {
  const { ask } = await api();
  for (const revision of ['v1', 'v2']) await ask('/v1/functions', { body: { ...echo, revision } });
  const rollBack = () => ask('/v1/functions/echo/rollback', { method: 'POST' });
  expect(await rollBack()).toMatchObject({ status: 404 });
  const switched = await ask('/v1/functions/echo/default', { body: { revision: 'v2' } });
  expect(switched).toMatchObject({ status: 200, body: { name: 'echo', revision: 'v2', previous: 'v1' } });
  // Again: the default before it is not lost.
  expect((await ask('/v1/functions/echo/default', { body: { revision: 'v2' } })).body).toEqual({
    name: 'echo',
    revision: 'v2',
    previous: 'v1',
  });
  expect((await rollBack()).body).toEqual({ name: 'echo', revision: 'v1', previous: 'v2' });
  expect(await ask('/v1/functions/echo/default', { body: { revision: 'v3' } })).toMatchObject({
    status: 404,
    body: { error: { code: 'not_found', message: 'there is no such revision', problems: [{ place: 'echo@v3' }] } },
  });
  expect(await ask('/v1/functions/other/default', { body: { revision: 'v1' } })).toMatchObject({ status: 404 });
});

describe('a revision does not change', () => {
  test.each<[string, object]>([
    ['another command', { command: ['echo', 'two'] }],
    ['another timeout', { timeout: 31 }],
    ['another container', { container: 'other' }],
    ['another memory', { memory: 64 }],
    ['another variable', { env: { KEY: 'a', MORE: 'b' } }],
    ['another value of a variable', { env: { KEY: 'b' } }],
  ])('%s', async (_title, change) => {
    const { ask } = await api();
    const first = { ...echo, env: { KEY: 'a' } };
    expect((await ask('/v1/functions', { body: first })).status).toBe(201);
    expect((await ask('/v1/functions', { body: first })).status).toBe(200);
    expect(await ask('/v1/functions', { body: { ...first, ...change } })).toMatchObject({
      status: 409,
      body: {
        error: { message: 'this revision exists with other contents, and revisions do not change', problems: [{ place: 'echo@v1' }] },
      },
    });
  });
});

test('values of variables are in no answer, and encrypted in the store', async () => {
  const { ask, directory, log } = await api();
  const added = await ask('/v1/functions', { body: { ...echo, env: { B: 'secret-value', A: 'x' } } });
  expect(added.body).toMatchObject({ env: ['A', 'B'] });
  const listed = await ask('/v1/functions');
  const names = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile()).map(({ name }) => name);
  const files = await Promise.all(names.map((name) => readFile(join(directory, name), 'latin1')));
  expect(files.join()).toContain('"echo","one"');
  for (const text of [added.text, listed.text, ...log, ...files]) expect(text).not.toContain('secret-value');
});

test('functions of an organisation are not those of another', async () => {
  const { ask, tokenOf } = await api();
  await ask('/v1/functions', { body: echo });
  const token = await tokenOf('other', 'admin');
  expect((await ask('/v1/functions', { token })).body).toEqual({ functions: [] });
  expect((await ask('/v1/functions/echo/default', { token, body: { revision: 'v1' } })).status).toBe(404);
  expect((await ask('/v1/functions', { token, body: { ...echo, command: ['mine'] } })).status).toBe(201);
});

describe('a module of WebAssembly', () => {
  const module = Buffer.concat([Buffer.from('0061736d01000000', 'hex'), Buffer.alloc(3)]);
  const wasm = { name: 'sum', revision: 'v1', wasm: module.toString('base64'), args: ['--fast'], timeout: 5, memory: 64 };

  test('is stored as a file by its digest', async () => {
    const { ask, client } = await api();
    const sha256 = digestOf(module);
    expect(await ask('/v1/functions', { body: wasm })).toMatchObject({
      status: 201,
      body: { command: null, wasm: { sha256, args: ['--fast'] }, memory: 64 },
    });
    expect(await readFile(join(client.layout.root, 'serve', 'modules', `${sha256}.wasm`))).toEqual(module);
  });

  test('that is refused leaves no file', async () => {
    const { ask, client } = await api();
    await ask('/v1/functions', { body: wasm });
    const other = Buffer.concat([module, Buffer.alloc(1)]).toString('base64');
    expect((await ask('/v1/functions', { body: { ...wasm, wasm: other } })).status).toBe(409);
    expect(await readdir(join(client.layout.root, 'serve', 'modules'))).toEqual([`${digestOf(module)}.wasm`]);
  });

  test('of 16 MB is taken, and a larger one is not', async () => {
    const { ask } = await api();
    const large = Buffer.concat([module, Buffer.alloc(16 * 1_048_576 - module.length)]);
    expect((await ask('/v1/functions', { body: { ...wasm, wasm: large.toString('base64') } })).status).toBe(201);
    const larger = Buffer.concat([large, Buffer.alloc(3)]).toString('base64');
    expect(await ask('/v1/functions', { body: { ...wasm, revision: 'v2', wasm: larger } })).toMatchObject({ status: 400 });
  });

  test.each<[string, object]>([
    ['other bytes', { wasm: Buffer.from('#!/bin/sh\necho').toString('base64') }],
    ['a component', { wasm: Buffer.from('0061736d0d000100', 'hex').toString('base64') }],
    ['no base64', { wasm: '%%%' }],
    ['a command too', { command: ['x'] }],
    ['neither', { wasm: undefined, args: undefined }],
    ['arguments of a command', { wasm: undefined, command: ['x'] }],
  ])('is refused: %s', async (_title, change) => {
    const { ask } = await api();
    expect((await ask('/v1/functions', { body: { ...wasm, ...change } })).status).toBe(400);
  });
});
