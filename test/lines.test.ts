import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { linesOf } from '../src/lines.js';

async function all(chunks: (string | Buffer)[], longest?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesOf(Readable.from(chunks), longest)) lines.push(line);
  return lines;
}

test.each<[string, (string | Buffer)[], string[]]>([
  ['ends of both kinds, also between chunks', ['a\nb\r', '\nc\r\n'], ['a', 'b', 'c']],
  ['empty lines', ['\n\na\n'], ['', '', 'a']],
  ['a last line without its end', ['a\nb'], ['a', 'b']],
  ['a character between two chunks', [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], ['é']],
  ['nothing', [], []],
])('%s', async (_name, chunks, lines) => {
  expect(await all(chunks)).toEqual(lines);
});

test('a line that is too long is an error, also before its end has come', async () => {
  expect(await all(['12345\n', '1234', '5\n'], 5)).toEqual(['12345', '12345']);
  expect(await all(['12345', '\n'], 5)).toEqual(['12345']);
  await expect(all(['12345', '6'], 5)).rejects.toThrow('a line is longer than 5 characters');
});

test('an error of the stream is thrown to the reader, and one that comes after it has stopped to nobody', async () => {
  const broken = new Readable({ read() {} });
  broken.push('a\n');
  const lines = linesOf(broken);
  expect((await lines.next()).value).toBe('a');
  broken.destroy(new Error('reset'));
  await expect(lines.next()).rejects.toThrow('reset');

  const left = new Readable({ read() {} });
  left.push('a\nb\n');
  for await (const line of linesOf(left)) if (line === 'a') break;
  expect(left.destroyed).toBe(true);
  left.emit('error', new Error('late'));
});
