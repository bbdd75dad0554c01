import { Readable, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { encodeFrame, frameKinds as kinds, WrongMessage } from '../../src/tasks/wasm/frames.js';
import { type ChildReport, readChild } from '../../src/tasks/wasm/read-child.js';

const limits = { timeout: 1000, memory: 16, output: 10, files: 100, entries: 2 };

const json = (kind: number, value: unknown) => encodeFrame(kind, Buffer.from(JSON.stringify(value)));
const entry = (value: object) => json(kinds.entry, value);
const content = (text: string) => encodeFrame(kinds.content, Buffer.from(text));
const end = json(kinds.end, { end: { ended: 'exited', code: 0 } });

async function read(chunks: Buffer[]): Promise<{ report: ChildReport | null; stdout: string }> {
  let stdout = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      stdout += chunk.toString();
      done();
    },
  });
  const report = await readChild(Readable.from(chunks), { stdout: sink, stderr: sink }, limits, new AbortController().signal);
  return { report, stdout };
}

const whole = Buffer.concat([
  encodeFrame(kinds.stdout, Buffer.from('0123456789')),
  entry({ kind: 'removed', path: 'old' }),
  entry({ kind: 'file', path: 'a/b.txt', size: 5 }),
  content('ab'),
  content('cde'),
  end,
]);
const expected = {
  report: {
    end: { ended: 'exited', code: 0 },
    changes: { removed: ['old'], written: [{ kind: 'file', path: 'a/b.txt', bytes: Buffer.from('abcde') }] },
  },
  stdout: '0123456789',
};

test('messages are read wherever they are cut', async () => {
  for (let size = 1; size <= whole.length; size++) {
    const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, index) => whole.subarray(index * size, (index + 1) * size));
    expect(await read(pieces)).toEqual(expected);
  }
});

test('nothing is read after the last message', async () => {
  expect(await read([whole, encodeFrame(kinds.stdout, Buffer.from('more'))])).toEqual(expected);
});

test('a child that ends early has no report', async () => {
  expect(await read([whole.subarray(0, whole.length - 1)])).toEqual({ report: null, stdout: '0123456789' });
});

describe('a message that the runner does not send is refused', () => {
  const file = (path: string) => [entry({ kind: 'file', path, size: 0 }), end];
  test.each<[string, Buffer[]]>([
    ['more output than the limit', [encodeFrame(kinds.stdout, Buffer.from('0123456789')), encodeFrame(kinds.stderr, Buffer.from('x'))]],
    ['a path upwards', file('../x')],
    ['a path upwards behind a directory', file('a/../../x')],
    ['an absolute path', file('/etc/passwd')],
    ['an empty path', file('')],
    ['an empty part of a path', file('a//b')],
    ['a zero in a path', file('a\0b')],
    ['a long path', file('a'.repeat(4097))],
    ['a removal upwards', [entry({ kind: 'removed', path: '..' }), end]],
    ['a file that is larger than all may be', [entry({ kind: 'file', path: 'x', size: 101 })]],
    [
      'files that are larger together',
      [entry({ kind: 'file', path: 'x', size: 60 }), content('x'.repeat(60)), entry({ kind: 'file', path: 'y', size: 60 })],
    ],
    ['a negative size', [entry({ kind: 'file', path: 'x', size: -1 })]],
    ['more changes than entries can make', ['a', 'b', 'c', 'd', 'e'].map((path) => entry({ kind: 'directory', path }))],
    ['contents of no file', [content('x')]],
    ['contents beyond the size', [entry({ kind: 'file', path: 'x', size: 1 }), content('xy')]],
    ['a file that is cut off', [entry({ kind: 'file', path: 'x', size: 2 }), content('x'), end]],
    ['another kind of object', [entry({ kind: 'link', path: 'x', target: '/' })]],
    ['another kind of frame', [encodeFrame(9, Buffer.from('x'))]],
    ['a frame that is too large', [Buffer.from([kinds.stdout, 0xff, 0xff, 0xff, 0xff])]],
    ['text that is not JSON', [encodeFrame(kinds.end, Buffer.from('{'))]],
    ['an exit code that is none', [json(kinds.end, { end: { ended: 'exited', code: -1 } })]],
    ['an unknown reason', [json(kinds.end, { end: { ended: 'stopped', reason: 'bored', message: '' } })]],
  ])('%s', async (_title, frames) => {
    await expect(read(frames)).rejects.toBeInstanceOf(WrongMessage);
  });
});
