import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { MayflyError } from '../../../src/errors.js';
import { withRest } from '../../../src/dispatch/tasks/read-output.js';

const live = (error: Error) =>
  Readable.from(
    (async function* () {
      yield await Promise.resolve(Buffer.from('two, '));
      throw error;
    })(),
  );
const stored = (from: number) => Promise.resolve(Readable.from([Buffer.from('one, two, three').subarray(from)]));

test('an output whose files are removed while it is read goes on as it was stored', async () => {
  const gone = new MayflyError('not_found', { cause: 'no such command' });
  expect(await text(Readable.from(withRest(live(gone), 5, stored)))).toBe('two, three');
  await expect(text(Readable.from(withRest(live(gone), 5, () => Promise.resolve(null))))).rejects.toBe(gone);
});

test('another failure of a live output is an error', async () => {
  const failure = new Error('the node does not answer');
  await expect(text(Readable.from(withRest(live(failure), 5, stored)))).rejects.toBe(failure);
});
