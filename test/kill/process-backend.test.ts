import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeWorker, openPlace, type Place, plantForeign, processesWith, treeOf } from '../backends/process/support.js';
import { removeWhole } from '../support/whole.js';

/** Programs that are killed at the same time. */
const width = 4;

let directory: string;
let entry: string;
beforeAll(async () => {
  directory = await mkdtemp(join(await realpath(tmpdir()), 'mayfly-crash-'));
  entry = join(directory, 'entry.mjs');
  const entryPoints = [join(import.meta.dirname, '../backends/process/crash-entry.ts')];
  await build({ entryPoints, outfile: entry, bundle: true, platform: 'node', format: 'esm', logLevel: 'error' });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Outcome {
  killed: boolean;
  output: string;
}

/** Runs the program; `at` 0 harms it nowhere. */
function program(root: string, act: string, at: number, when: string): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [entry, root, act, String(at), when], (error, stdout, stderr) => {
      if (!error) resolve({ killed: false, output: stdout });
      else if (error.signal === 'SIGKILL') resolve({ killed: true, output: stdout });
      else reject(new Error(`${act} ${when} call ${at}: ${stderr}`));
    });
  });
}

/** Kills `act` at one call, lets `verify` look, then ends the worker: nothing of ours may be left, and all that isn't must be. */
async function killAt(act: string, at: number, when: string, verify?: (place: Place) => Promise<void>): Promise<boolean> {
  const place = openPlace();
  try {
    await place.backend.prepare();
    const foreign = [await plantForeign(join(place.root, 'one', 'engine-2')), await plantForeign(join(place.root, 'one2', 'engine'))];
    if (act !== 'make') await makeWorker(place.backend);
    const { killed } = await program(place.root, act, at, when);
    await verify?.(place);
    await removeWhole(place.backend, 'one');
    const where = `${act} killed ${when} call ${at}`;
    expect(await place.backend.list('one'), where).toEqual([]);
    expect(processesWith(place.root), where).toEqual([]);
    const left = treeOf(place.root).filter((path) => !/^(one|one2)(\/(engine-2|engine)(\/data(\/thesis.txt)?)?)?$|^\.changed$/.test(path));
    expect(left, where).toEqual([]);
    for (const one of foreign) expect(await one.intact(), where).toBe(true);
    return killed;
  } finally {
    await place.close();
  }
}

/** Acts of each program. */
const acts: Record<string, number> = { make: 33, end: 43, lease: 5 };

/** Kills the program before and after each of its acts. */
async function everywhere(act: string, verify?: (place: Place) => Promise<void>): Promise<void> {
  const place = openPlace();
  if (act !== 'make') await makeWorker(place.backend);
  const calls = Number((await program(place.root, act, 0, 'before')).output);
  await place.close();
  const points = Array.from({ length: calls }, (_, index) => index + 1).flatMap((at) => ['before', 'after'].map((when) => ({ at, when })));
  let killed = 0;
  const worker = async () => {
    for (let point = points.pop(); point; point = points.pop()) if (await killAt(act, point.at, point.when, verify)) killed++;
  };
  await Promise.all(Array.from({ length: width }, worker));
  process.stdout.write(`process backend, ${act}: killed at ${killed} of ${2 * calls} points, 0 leaks\n`);
  expect([calls, killed]).toEqual([acts[act], 2 * calls]);
}

describe('killed at each act, nothing is left after one end', () => {
  test('making and starting', { timeout: 240_000 }, async () => {
    await everywhere('make');
  });

  test('making and starting, taken up again by the next program', { timeout: 240_000 }, async () => {
    await everywhere('make', async ({ backend }) => {
      await makeWorker(backend);
      const left = (await backend.list('one')).filter(({ address, type }) => address !== '' || type === 'lease');
      const objects = left.map(({ id, status }) => [id, status]);
      expect(objects.slice(0, 3)).toEqual([
        ['one/build', 'running'],
        ['one/engine', 'running'],
        ['one/volume.work', 'present'],
      ]);
      expect(objects.slice(3).map(([id]) => id)).toEqual([expect.stringMatching(/^one\/lease-\d\.json$/)]);
    });
  });

  test('ending', { timeout: 240_000 }, async () => {
    await everywhere('end');
  });

  test('moving the lease: it is the old one or the new one', { timeout: 120_000 }, async () => {
    await everywhere('lease', async ({ backend }) => {
      const leases = (await backend.list('one')).filter(({ type }) => type === 'lease');
      expect([2_000_000_000, 2_000_000_100]).toContain(leases.at(-1)?.lease?.ends);
    });
  });
});

test('after the program that made it is gone, a worker goes on', async () => {
  const place = openPlace();
  await program(place.root, 'make', 0, 'before');
  const objects = (await place.backend.list('one')).filter(({ type }) => type === 'mayfly_process');
  expect(objects.map(({ status }) => status)).toEqual(['running', 'running']);
  expect(processesWith(`MAYFLY_OBJECT=${place.root}/one/engine`).length).toBeGreaterThan(0);
  await place.close();
  expect(processesWith(place.root)).toEqual([]);
});
