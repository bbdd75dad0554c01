import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/**
 * The lines of a stream, without their ends. Errors of the stream are thrown to the reader. (With readline such an error is unhandled and ends
 * the process.) The stream is destroyed when the reader stops.
 *
 * @throws Error if a line is longer than `longest` characters
 */
export async function* linesOf(stream: Readable, longest = Infinity): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer | string>) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (rest.length > longest) throw new Error(`a line is longer than ${longest} characters`);
    yield* lines;
  }
  rest += decoder.end();
  if (rest !== '') yield rest;
}
