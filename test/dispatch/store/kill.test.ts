import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Driver } from '../../../src/dispatch/store/driver.js';
import { openStore } from '../../../src/dispatch/store/open.js';
import { tempDir } from '../../support/temp-dir.js';
import { bundleChild, startChild } from './child-process.js';
import { drivers } from './drivers.js';
import { sampleRun } from './samples.js';

let file: string;
beforeAll(async () => {
  const child = await bundleChild();
  file = child.file;
  return child.remove;
});

/** Lines after which a child is killed: a commit has four. The last ones come after a checkpoint of the log. */
const kills = [1, 14, 400];

const pairs = drivers.flatMap((writer) => drivers.map((reader) => [writer, reader] as const));

test.each(pairs.map(([writer, reader]) => ({ writer, reader, title: `${writer.name}, then ${reader.name}` })))(
  'a killed process has stored all that it reported: $title',
  async ({ writer, reader }) => {
    const directory = await tempDir('store');
    const reported: string[][] = [];
    for (const [round, count] of kills.entries()) {
      const child = startChild(file, [directory, writer.name, 'write', String(round * 1_000_000)]);
      await child.printed(1 + count);
      child.process.kill('SIGKILL');
      await child.ended;
      reported.push(child.lines.slice(1));
      expect(await missing(directory, reader, reported.at(-1)!), `round ${round}`).toEqual([]);
    }
    expect(await missing(directory, reader, reported.flat())).toEqual([]);
    expect(await checkFile(directory, reader)).toEqual([{ integrity_check: 'ok' }]);
  },
);

/** Reported lines that the store does not have. Each run has as many events as transitions. */
async function missing(directory: string, driver: Driver, reported: readonly string[]): Promise<string[]> {
  const store = await openStore({ directory, version: '1', driver });
  const missing: string[] = [];
  for (const line of reported) {
    const [state, number] = line.split(' ');
    const { id } = sampleRun(Number(number));
    const types = (await store.events({ run: id, limit: 9 })).map(({ type }) => type);
    if (!types.includes(state!)) missing.push(`the event of ${line}`);
    const run = await store.run(id);
    if (run?.revision !== types.length || run.state !== types.at(-1)) missing.push(line);
  }
  await store.close();
  return missing;
}

async function checkFile(directory: string, driver: Driver): Promise<unknown[]> {
  const connection = await driver.open(join(directory, 'dispatch.db'));
  connection.exec('pragma locking_mode = exclusive');
  try {
    return connection
      .prepare('pragma integrity_check')
      .all([])
      .map((row) => ({ ...(row as object) }));
  } finally {
    connection.close();
  }
}
