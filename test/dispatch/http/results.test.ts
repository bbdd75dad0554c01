import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { commandIdOf } from '../../../src/tasks/command-id.js';
import { removeFiles } from '../../memory/files.js';
import { fillEngine } from '../results/scene.js';
import { api, type Api, request } from './scene.js';
import { openStream } from './streams/scene.js';

afterEach(removeFiles);

const spec = { ...request, engine: { ...request.engine, artifacts: ['out/report.xml'] } };

/** Queues a run, waits until its command was started, and ends the command with 0 after `hello`. */
async function ended(scene: Api, body: Record<string, unknown> = {}): Promise<string> {
  const { ask, until, hand, store } = scene;
  const { id } = (await ask('/v1/runs', { body: { spec, command: { argv: ['idle'], env: { TOKEN: 'a secret value' } }, ...body } }))
    .body as { id: string };
  await until(id, 'running');
  await scene.clock.advance(1000);
  const run = (await store.run(id))!;
  await fillEngine(scene, run, { 'out/report.xml': '<xml/>' });
  hand.writeOutput(run.worker!, 'engine', commandIdOf(run), 'hello\n');
  hand.endCommand(run.worker!, 'engine', commandIdOf(run), { state: 'exited', code: 0 });
  await until(id, 'completed');
  return id;
}

test('results are proposed, read, and accepted', async () => {
  const scene = await api();
  const { ask } = scene;
  const id = await ended(scene, { results: 'hold' });
  expect((await ask(`/v1/runs/${id}`)).body).toMatchObject({
    ...{ state: 'completed', reason: 'command_exited', exit_code: 0, results: 'proposed' },
    command: { argv: ['idle'], in: 'engine', env: { TOKEN: '(secret)' }, timeout: null, retry: false, results: 'hold' },
  });
  expect((await ask(`/v1/runs/${id}/results`)).body).toEqual({
    ...{ run: id, state: 'proposed', exit_code: 0, reason: 'command_exited', error: null, place: null, missing: [] },
    output: { tail: 'hello\n', bytes: 6, cut: false },
    files: [
      { path: 'artifacts/out/report.xml', bytes: 6, sha256: '6eb820e0f9762c611c2a77189f686afeca64dfb212e023017e0346e7ab826c39' },
      { path: 'output.log', bytes: 6, sha256: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03' },
    ],
  });
  const file = await ask(`/v1/runs/${id}/results/artifacts/out/report.xml`);
  expect([file.text, file.headers.get('content-length'), file.headers.get('content-type')]).toEqual([
    '<xml/>',
    '6',
    'application/octet-stream',
  ]);
  expect((await ask(`/v1/runs/${id}/output?from=2`)).text).toBe('llo\n');
  expect(await ask(`/v1/runs/${id}/results/accept`, { body: { justification: 'checked' } })).toMatchObject({
    status: 202,
    body: { results: 'accepted' },
  });
  expect((await ask(`/v1/runs/${id}`)).body).toMatchObject({ results: 'published' });
  const again = await ask(`/v1/runs/${id}/results/reject`, { body: {} });
  expect([again.status, (again.body as { error: { message: string } }).error.message]).toEqual([
    409,
    'the results are published, and cannot become rejected',
  ]);
});

test('only files of the results are served, and only to the organisation', async () => {
  const scene = await api();
  const { ask, tokenOf } = scene;
  const id = await ended(scene);
  for (const path of ['manifest.json', '..%2F..%2Fstore.key', '%2Fetc%2Fpasswd', 'artifacts', 'artifacts/out/../../output.log/'])
    expect([path, (await ask(`/v1/runs/${id}/results/${path}`)).status]).toEqual([path, 404]);
  const other = await tokenOf('other', 'admin');
  for (const path of ['output', 'results', 'results/output.log'])
    expect([path, (await ask(`/v1/runs/${id}/${path}`, { token: other })).status]).toEqual([path, 404]);
  const reader = await tokenOf('team', 'read');
  expect((await ask(`/v1/runs/${id}/results/accept`, { body: {}, token: reader })).status).toBe(403);
});

test('the output of a command can be read while it runs', async () => {
  const scene = await api();
  const { ask, until, hand, store } = scene;
  const { id } = (await ask('/v1/runs', { body: { spec, command: { argv: ['idle'] } } })).body as { id: string };
  const early = await ask(`/v1/runs/${id}/output`);
  expect([early.status, (early.body as { error: { message: string } }).error.message]).toEqual([
    409,
    'the run is provisioning, and there is no output of its command',
  ]);
  await until(id, 'running');
  await scene.clock.advance(1000);
  const run = (await store.run(id))!;
  const place = [run.worker!, 'engine', commandIdOf(run)] as const;
  hand.writeOutput(...place, 'one ');
  expect((await ask(`/v1/runs/${id}/output`)).text).toBe('one ');
  const following = ask(`/v1/runs/${id}/output?follow=true`);
  hand.writeOutput(...place, 'two');
  hand.endCommand(...place, { state: 'exited', code: 0 });
  expect((await following).text).toBe('one two');
});

/** A run whose command runs. `write` adds to its output. */
async function running(scene: Api): Promise<{ path: string; write: (text: string) => void }> {
  const { id } = (await scene.ask('/v1/runs', { body: { spec, command: { argv: ['idle'] } } })).body as { id: string };
  await scene.until(id, 'running');
  await scene.clock.advance(1000);
  const run = (await scene.store.run(id))!;
  const write = (text: string) => scene.hand.writeOutput(run.worker!, 'engine', commandIdOf(run), text);
  return { path: `/v1/runs/${id}/output?follow=true`, write };
}

test('a followed output takes a place of the open streams, and ends with its token', async () => {
  const scene = await api();
  const { path, write } = await running(scene);
  const token = await scene.tokenOf('team', 'read');
  const own = await openStream(scene, path, { token });
  const left = await openStream(scene, path);
  write('one ');
  expect([await own.text(), own.end(), scene.streams.size]).toEqual(['one ', 'open', 2]);
  await left.leave();
  expect(scene.streams.size).toBe(1);
  await scene.ask(`/v1/tokens/${token.slice(4, 16)}`, { method: 'DELETE' });
  await own.text();
  expect([own.end(), scene.streams.size]).toEqual(['broken', 0]);
});

test('an output is refused above the limit of open streams', async () => {
  const scene = await api();
  const { path } = await running(scene);
  const token = (await scene.store.tokens.find(scene.token.slice(4, 16)))!;
  for (let count = 0; count < 200; count += 1) scene.streams.admit(token);
  expect(await scene.ask(path)).toMatchObject({ status: 429, body: { error: { message: 'team has 200 open streams' } } });
});

test('a client that takes nothing of an output is dropped after a minute', async () => {
  const scene = await api();
  const { path, write } = await running(scene);
  write('one ');
  const slow = await openStream(scene, path, { takes: 1 });
  write('two');
  await scene.clock.advance(59_000);
  expect([await slow.text(), scene.streams.size]).toEqual(['one ', 1]);
  await scene.clock.advance(1000);
  expect(scene.streams.size).toBe(0);
});

test('a run without a command has no results', async () => {
  const { ask } = await api();
  const { id } = (await ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  for (const path of ['results', 'output', 'results/a']) expect([path, (await ask(`/v1/runs/${id}/${path}`)).status]).toEqual([path, 409]);
});

test('secrets of a command are in no answer, event or log, and in the database only encrypted', async () => {
  const scene = await api();
  const id = await ended(scene);
  const answers = [`/v1/runs/${id}`, '/v1/runs', `/v1/runs/${id}/events`, `/v1/runs/${id}/results`];
  const texts = await Promise.all(answers.map(async (path) => (await scene.ask(path)).text));
  const files = (await readdir(scene.directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const stored = await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')));
  expect(files.map(({ name }) => name)).toContain('dispatch.db-wal');
  expect([...texts, ...stored, ...scene.log].filter((text) => text.includes('a secret value'))).toEqual([]);
});

const wrong: Record<string, { body: Record<string, unknown>; place: string; cause: string }> = {
  'a container that the spec lacks': {
    body: { spec, command: { argv: ['make'], in: 'build' } },
    place: 'command.in',
    cause: 'the spec has no container build',
  },
  'results without a command': { body: { spec: request, results: 'hold' }, place: 'results', cause: 'needs a `command`' },
  'artifacts without a command': {
    body: { spec },
    place: 'engine.artifacts',
    cause: 'copies files to the server, which it does after a command',
  },
};

test.each(Object.entries(wrong))('%s is refused', async (_name, { body, place, cause }) => {
  const { ask } = await api();
  const { status, body: answer } = await ask('/v1/runs', { body });
  expect([status, answer]).toMatchObject([422, { error: { code: 'spec_invalid', problems: [{ place, cause }] } }]);
});
