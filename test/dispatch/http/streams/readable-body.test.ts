import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { readableBody } from '../../../../src/dispatch/http/streams/readable-body.js';
import { Streams } from '../../../../src/dispatch/http/streams/streams.js';
import { makeToken } from '../../../../src/dispatch/tokens.js';
import { untilIdle } from '../../../support/idle.js';

const { token } = makeToken(Buffer.alloc(38), { organisation: 'team', scopes: ['read'], now: 0 });

function bodyOf(open: (signal: AbortSignal) => Promise<Readable>, streams = new Streams()) {
  return readableBody({ streams, token, contentType: 'text/plain', open });
}

test('an error before the first read is that of the first read', async () => {
  const readable = new Readable({ read() {} });
  const body = await bodyOf(() => Promise.resolve(readable));
  readable.destroy(new Error('the node is gone'));
  await untilIdle();
  await expect(body.next()).rejects.toThrow('the node is gone');
});

test('a readable that cannot be opened gives its place back', async () => {
  const streams = new Streams();
  await expect(bodyOf(() => Promise.reject(new Error('no file')), streams)).rejects.toThrow('no file');
  expect(streams.size).toBe(0);
});

test('the removal of the token ends the reading, also of a stored file', async () => {
  const streams = new Streams();
  const readable = Readable.from(['a', 'b']);
  const body = await bodyOf(() => Promise.resolve(readable), streams);
  expect(await body.next()).toBe('a');
  streams.revoke(token.id);
  await expect(body.next()).rejects.toThrow('Premature close');
  body.close();
  expect([readable.destroyed, streams.size]).toEqual([true, 0]);
});
