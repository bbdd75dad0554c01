import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { ResultsDirectory } from '../../src/dispatch/results/directory.js';
import { KeptOutputs } from '../../src/dispatch/tasks/kept-outputs.js';
import { tempDir } from '../support/temp-dir.js';

const names = [1, 2, 3].map((number) => `00000000-0000-4000-8000-00000000000${number}`);

const sweeps: Record<string, (directory: string, isWanted: () => Promise<boolean>) => Promise<void>> = {
  'outputs of tasks': (directory, isWanted) => new KeptOutputs(dirname(directory), directory, 1).sweep(isWanted),
  results: (directory, isWanted) => new ResultsDirectory(directory, { output: 1, artifacts: 1, files: 1, total: 1 }).sweep(isWanted),
};

test.each(Object.entries(sweeps))('other work goes on while %s are swept', async (_name, sweep) => {
  const directory = join(await tempDir('sweep'), 'team');
  await mkdir(directory);
  for (const name of names) await writeFile(join(directory, name), '');
  const turns: number[] = [];
  let turn = 0;
  const count = () => {
    turn += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  await sweep(directory, () => Promise.resolve(turns.push(turn) > 0));
  clearImmediate(next);
  expect(new Set(turns).size).toBe(3);
});
