import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { filesInRun } from '../../../src/client/files.js';
import { packTree } from '../../../src/backends/shared/pack.js';
import { copyFromStream, copyIn, copyOut, copyToStream } from '../../../src/worker/copy.js';
import { until } from '../../support/poll.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';
import { served, type Served } from './served.js';

const never = new AbortController().signal;

const filesOf = ({ connection, id }: Served, container = 'engine') => filesInRun(connection, id, container);

test('a tree goes in and comes out again, as with cp', async () => {
  const one = await served();
  const directory = await tempDir('tree');
  await mkdir(join(directory, 'tree/below'), { recursive: true });
  await writeFile(join(directory, 'tree/below/file'), 'content');
  const files = await filesOf(one);
  await copyIn(files, join(directory, 'tree'), '/in', never);
  await copyOut(files, '/in/below', join(directory, 'out'), systemClock, never);
  expect(await readFile(join(directory, 'out/file'), 'utf8')).toBe('content');
  expect(await files.stat('/in/below', never)).toEqual({ path: '/in/below', directory: true });
  expect(await files.stat('/none', never)).toBeNull();
});

test('a tar stream goes both ways', async () => {
  const one = await served();
  const files = await filesOf(one);
  const directory = await tempDir('tar');
  await writeFile(join(directory, 'file'), 'a'.repeat(3_000_000));
  await copyIn(files, join(directory, 'file'), '/', never);
  const [out, tar] = [new PassThrough(), new PassThrough()];
  const [came] = await Promise.all([buffer(out), copyToStream(files, '/file', out, never)]);
  await mkdir(join(directory, 'made'));
  await copyIn(files, join(directory, 'made'), '/made', never);
  tar.end(came);
  await copyFromStream(files, tar, '/made', never);
  await copyOut(files, '/made/file', join(directory, 'back'), systemClock, never);
  expect((await readFile(join(directory, 'back'), 'utf8')).length).toBe(3_000_000);
});

test('errors have the words of cp, and the name of the run', async () => {
  const one = await served();
  const files = await filesOf(one);
  await expect(copyOut(files, '/none', '/tmp/x', systemClock, never)).rejects.toMatchObject({
    code: 'copy_failed',
    place: { path: '/none' },
  });
  await expect(filesOf(one, 'other')).rejects.toMatchObject({ code: 'container_unknown', place: { path: 'one' } });
  expect((await one.ask(`/v1/runs/${one.id}/files?path=/none`)).status).toBe(409);
  expect((await one.ask(`/v1/runs/${one.id}/files?path=/`, { token: await one.tokenOf('team', 'read') })).status).toBe(403);
  expect((await one.ask(`/v1/runs/${one.id}/files?path=/`, { token: await one.tokenOf('other', 'submit') })).status).toBe(404);
});

/** Passes bytes of the service on, and cuts the connection after some. */
async function cutAfter(one: Served, bytes: number): Promise<Served> {
  const proxy = createServer((socket) => {
    const far = connect(Number(one.connection.server.port), '127.0.0.1').on('error', () => {});
    let left = bytes;
    far.on('data', (data) => {
      left -= data.length;
      if (left >= 0) socket.write(data);
      else socket.end();
    });
    socket.on('error', () => {}).pipe(far);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  afterTest(() => proxy.close());
  return { ...one, connection: { ...one.connection, server: new URL(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}/`) } };
}

test('a tar that breaks off is an error', async () => {
  const one = await served();
  const directory = await tempDir('cut');
  await writeFile(join(directory, 'file'), Buffer.alloc(8_000_000));
  await copyIn(await filesOf(one), join(directory, 'file'), '/', never);
  const files = await filesOf(await cutAfter(one, 4_000_000));
  const sink = new PassThrough().resume();
  await expect(copyToStream(files, '/file', sink, never)).rejects.toMatchObject({
    code: 'server_unreachable',
    message: 'the connection broke before the copy was complete',
  });
});

/** Begins an upload of a tar, by hand. */
function upload({ connection: { server, token }, id }: Served, path = '/') {
  const asked = request(new URL(`v1/runs/${id}/files?path=${path}`, server), {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}` },
  });
  asked.on('error', () => {});
  const closed = once(asked, 'close');
  const answer = once(asked, 'response').then(async ([one]) => [(one as { statusCode: number }).statusCode, await text(one as Readable)]);
  answer.catch(() => {});
  return { asked, answer, closed };
}

test('an upload lasts longer than a usual request may, while its client sends; a silent client is cut off', async () => {
  const one = await served({}, { headers: 100, request: 200 });
  const directory = await tempDir('slow');
  await writeFile(join(directory, 'file'), Buffer.alloc(4096));
  const tar = await buffer(await packTree(join(directory, 'file'), 'file'));
  const { asked, answer } = upload(one);
  for (let at = 0; at < tar.length; at += 512) {
    asked.write(tar.subarray(at, at + 512));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  asked.end();
  expect(await answer).toEqual([200, '{}']);
  const silent = upload(one);
  silent.asked.write(Buffer.alloc(512));
  await silent.closed;
});

test('an upload without a right to it may not be long', async () => {
  const one = await served();
  const { asked, answer } = upload({ ...one, connection: { ...one.connection, token: 'mfy_no' } });
  asked.write(Buffer.alloc(512));
  expect((await answer)[0]).toBe(401);
  asked.destroy();
});

test('an upload ends with its token, and gives its place back', async () => {
  const one = await served();
  const token = await one.tokenOf('team', 'submit');
  const upload = request(new URL(`v1/runs/${one.id}/files?path=/`, one.connection.server), {
    ...{ method: 'PUT', headers: { authorization: `Bearer ${token}` } },
  });
  upload.on('error', () => {});
  upload.write('a');
  await until('the upload has begun', () => one.streams.size === 1);
  await one.ask(`/v1/tokens/${token.slice(4, 16)}`, { method: 'DELETE' });
  await until('its place is free', () => one.streams.size === 0);
  upload.destroy();
  const files = await filesOf(one);
  await text(await files.read('/', never));
  await until('the place of a download is free', () => one.streams.size === 0);
});
