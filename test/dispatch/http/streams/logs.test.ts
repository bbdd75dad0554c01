import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { logBody, type LogBodyOptions } from '../../../../src/dispatch/http/streams/log-body.js';
import { MayflyError } from '../../../../src/errors.js';
import { untilIdle } from '../../../support/idle.js';
import { type Api, api, request } from '../scene.js';
import { openStream } from './scene.js';

const framed = { accept: 'application/vnd.docker.multiplexed-stream' };
const text = { accept: 'text/plain' };

async function running(scene: Api): Promise<{ id: string; worker: string; print: (line: string) => void }> {
  const { id } = (await scene.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const worker = (await scene.until(id, 'running'))['worker'] as string;
  return { id, worker, print: (line) => scene.node.write(scene.node.container(worker, 'engine'), line) };
}

test('a followed log comes as it is written, ends with its container, and is kept', async () => {
  const scene = await api();
  const { id, worker, print } = await running(scene);
  print('first\nsecond\n');
  const stream = await openStream(scene, `/v1/runs/${id}/logs?follow=true&tail=1`, { headers: text });
  const frames = await openStream(scene, `/v1/runs/${id}/logs?follow=true`, { headers: framed });
  expect([stream.status, stream.headers.get('content-type'), await stream.text()]).toEqual([200, 'text/plain; charset=utf-8', 'second\n']);
  print('third\n');
  expect([await stream.text(), stream.end()]).toEqual(['second\nthird\n', 'open']);
  scene.hand.exit(worker, 'engine', 0);
  await scene.until(id, 'completed');
  expect([stream.end(), frames.end(), scene.streams.size]).toEqual(['ended', 'ended', 0]);
  expect([frames.headers.get('content-type'), await frames.text()]).toEqual([
    'application/vnd.docker.multiplexed-stream',
    '\u0001\0\0\0\0\0\0\u0006first\n\u0001\0\0\0\0\0\0\u0007second\n\u0001\0\0\0\0\0\0\u0006third\n',
  ]);
  const kept = await scene.ask(`/v1/runs/${id}/logs?tail=2`);
  expect([kept.status, kept.text, scene.streams.size]).toEqual([200, 'second\nthird\n', 0]);
});

test('a log that cannot be read is refused with its cause, and the name of the run', async () => {
  const scene = await api();
  const { id, worker } = await running(scene);
  const refused = async (path: string, token = scene.token) => {
    const { status, body } = await scene.ask(path, { token });
    const [problem] = (body as { error: { problems: { place: string; cause: string; remedy: string }[] } }).error.problems;
    return [status, problem!.place, problem!.cause];
  };
  expect(await refused(`/v1/runs/${id}/logs?container=db`)).toEqual([404, 'one', 'the worker has no container "db"']);
  expect(await refused(`/v1/runs/${id}/logs?tail=-1`)).toEqual([400, 'query.tail', 'must be at least 0']);
  expect(await refused(`/v1/runs/${id}/logs`, await scene.tokenOf('other', 'admin'))).toEqual([404, id, 'there is no run with this id']);
  await scene.ask('/v1/nodes/memory/cordon', { body: {}, token: await scene.tokenOf('default', 'admin') });
  const waiting = (await scene.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  expect(await refused(`/v1/runs/${waiting.id}/logs`)).toEqual([409, waiting.id, 'the run is queued: no worker was made for it']);
  scene.hand.exit(worker, 'engine', 0);
  await scene.until(id, 'completed');
  await rm(join(scene.layout.root, 'logs'), { recursive: true });
  expect(await refused(`/v1/runs/${id}/logs`)).toEqual([
    410,
    'one',
    'the worker has ended (engine ended with exit code 0), and its logs were not stored on this machine',
  ]);
  expect(scene.streams.size).toBe(0);
});

test('the stop of the service ends a log with an error where the format has one, and cuts it elsewhere', async () => {
  const scene = await api();
  const { id } = await running(scene);
  const plain = await openStream(scene, `/v1/runs/${id}/logs?follow=true`, { headers: text });
  const frames = await openStream(scene, `/v1/runs/${id}/logs?follow=true`, { headers: framed });
  scene.streams.close();
  expect(await frames.text()).toContain('{"error":{"code":"interrupted","message":"the service stops, or the token was removed"');
  expect([plain.end(), frames.end()]).toEqual(['broken', 'ended']);
});

/** A body that a test writes to. */
function body(more: Partial<LogBodyOptions> = {}) {
  let streams = { stdout: new PassThrough() as Writable, stderr: new PassThrough() as Writable };
  let finish = (_error?: Error) => {};
  let closed = 0;
  const made = logBody({
    framed: true,
    write: (given) => {
      streams = given;
      return new Promise((resolve, reject) => (finish = (error) => (error ? reject(error) : resolve())));
    },
    close: () => void (closed += 1),
    explain: (error) => error,
    ...more,
  });
  return { ...made, ...streams, finish: (error?: Error) => finish(error), closed: () => closed };
}

test('frames show the stream of each piece, and the last one has the error', async () => {
  const one = body();
  one.stdout.write('out');
  one.stderr.write('ü');
  await untilIdle();
  expect(String(await one.next())).toBe('\u0001\0\0\0\0\0\0\u0003out\u0002\0\0\0\0\0\0\u0002ü');
  one.finish(new MayflyError('backend_unreachable', { cause: 'the daemon is gone' }));
  await untilIdle();
  const error = '{"error":{"code":"backend_unreachable","message":"the daemon is gone","problems":[{"cause":"the daemon is gone"}]}}';
  expect(String(await one.next())).toBe(`\u0003\0\0\0\0\0\0${String.fromCharCode(error.length)}${error}`);
  expect(await one.next()).toBeNull();
});

test('text has both streams in their order, and is cut by an error', async () => {
  const one = body({ framed: false });
  one.stdout.write('a');
  one.stderr.write('b');
  one.stdout.write('c');
  await untilIdle();
  expect(String(await one.next())).toBe('abc');
  one.finish(new Error('gone'));
  await expect(one.next()).rejects.toThrow('gone');
});

test('a writer waits for a client that takes nothing, and its last lines are not lost', async () => {
  const one = body();
  const block = Buffer.alloc(262_144, 'a');
  let written = 0;
  while (one.stdout.write(block)) written += 1;
  await untilIdle();
  expect([written < 3, one.stdout.writableNeedDrain]).toEqual([true, true]);
  one.stderr.write('last');
  one.finish();
  let received = '';
  for (let piece = await one.next(); piece !== null; piece = await one.next()) received += String(piece);
  expect(received.length).toBe((written + 1) * (262_144 + 8) + 12);
});

test('a client that is gone ends the reading', async () => {
  const one = body();
  const next = one.next();
  one.close();
  await expect(next).rejects.toThrow();
  expect(one.closed()).toBe(1);
  one.finish(new Error('aborted'));
  await untilIdle();
});
