import { once } from 'node:events';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { Counted } from '../../src/backends/shared/detached/counted.js';

test('a stream that is closed, before or during a write, gets no more, and its writer is not held up', async () => {
  const target = new Writable({ highWaterMark: 1, write() {} });
  const counted = new Counted(target);
  counted.write('one');
  target.destroy(new Error('the disk is full'));
  target.on('error', () => {});
  counted.write('more');
  await expect(counted.finish()).rejects.toThrow('the disk is full');
  expect(counted.bytes).toBe(3);
  const other = new Counted(new Writable({ write() {} }).destroy());
  other.write('one');
  await expect(other.finish()).rejects.toThrow('the stream was closed before its end');
});

test('bytes are passed on at the pace of the stream, and no listener is left', async () => {
  const written: string[] = [];
  const target = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      written.push(String(chunk));
      setImmediate(done);
    },
  });
  const before = target.listenerCount('close') + target.listenerCount('error') + target.listenerCount('drain');
  const counted = new Counted(target);
  for (const text of ['a', 'b', 'c']) counted.write(text);
  await counted.finish();
  expect([written.join(''), counted.bytes]).toEqual(['abc', 3]);
  expect(target.listenerCount('close') + target.listenerCount('error') + target.listenerCount('drain')).toBe(before);
  target.end();
  await once(target, 'finish');
});
