import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { Demultiplexer } from '../../../src/backends/docker/frames.js';

function frame(stream: 1 | 2, payload: string): Buffer {
  const head = Buffer.alloc(8);
  head[0] = stream;
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const frames = Buffer.concat([frame(1, 'out 1\n'), frame(2, 'err\n'), frame(1, 'out 2\n')]);

test('the error stream is written apart', async () => {
  const stderr = new PassThrough();
  const output = new Demultiplexer(stderr);
  output.end(frames);
  expect(await text(output)).toBe('out 1\nout 2\n');
  expect(await text(stderr.end())).toBe('err\n');
});

test('both streams as one keep the order of writing, also where a frame comes in parts', async () => {
  const output = new Demultiplexer(null);
  for (const byte of frames) output.write(Buffer.from([byte]));
  output.end();
  expect(await text(output)).toBe('out 1\nerr\nout 2\n');
});
