import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Journal } from '../../src/apply/journal.js';
import type { Operation } from '../../src/apply/embedded/operations.js';
import { manualClock } from '../support/manual-clock.js';
import { tempDir } from '../support/temp-dir.js';

const operation = (id: string) => ({ id }) as Operation;

async function journal() {
  const path = join(await tempDir('journal'), 'deeper', 'journal.jsonl');
  return { path, journal: new Journal(path, manualClock()) };
}

describe('the journal', () => {
  test('says what was begun and not seen to its end', async () => {
    const { path, journal: one } = await journal();
    one.write(operation('create a'), 'intent');
    one.write(operation('create b'), 'intent');
    one.write(operation('create a'), 'done');
    one.write(operation('start a'), 'intent');
    one.write(operation('create c'), 'intent');
    one.write(operation('create c'), 'failed');
    expect(await new Journal(path, manualClock()).interrupted()).toEqual(['create b', 'start a']);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('a run that came to its end leaves none', async () => {
    const { path, journal: one } = await journal();
    one.write(operation('create a'), 'intent');
    one.finish();
    expect(existsSync(path)).toBe(false);
    expect(await one.interrupted()).toEqual([]);
    one.finish();
  });

  test('cut short at any byte, it says what the whole lines say', async () => {
    const { path, journal: one } = await journal();
    for (const [id, phase] of [
      ['create a', 'intent'],
      ['create a', 'done'],
      ['create b', 'intent'],
    ] as const)
      one.write(operation(id), phase);
    const text = await readFile(path, 'utf8');
    const ends = [...text].flatMap((character, index) => (character === '\n' ? [index] : []));
    for (let length = 0; length <= text.length; length += 1) {
      await writeFile(path, text.slice(0, length));
      const lines = ends.filter((end) => end <= length).length;
      const expected = [[], ['create a'], [], ['create b']][lines];
      expect(await new Journal(path, manualClock()).interrupted(), `cut at ${length}`).toEqual(expected);
    }
  });

  test('a line of garbage is none', async () => {
    const { path, journal: one } = await journal();
    one.write(operation('create a'), 'intent');
    await writeFile(path, `null\n{"phase":1}\n\0\0\n[]\n${await readFile(path, 'utf8')}`);
    expect(await one.interrupted()).toEqual(['create a']);
  });
});
