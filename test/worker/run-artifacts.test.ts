import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { packTree } from '../../src/backends/shared/pack.js';
import { extendWorker } from '../../src/worker/extend.js';
import { runInWorker } from '../../src/worker/run.js';
import { removeFiles } from '../memory/files.js';
import { openScene, smallSpec, thingsOf } from '../memory/scene.js';
import { steppedClock } from '../support/stepped-clock.js';
import { tempDir } from '../support/temp-dir.js';

afterEach(removeFiles);

const never = new AbortController().signal;

/** A run that has reached its command. Its container has the file `a.txt`; the command ends with `code`, or goes on for `null`. */
async function started(code: number | null, artifacts: unknown[]) {
  const clock = steppedClock();
  const { node, client } = await openScene({ clock, programs: { build: () => code } });
  const own = client();
  const directory = await tempDir('caller');
  const container = { name: 'box', command: ['idle'], cpu: 50, memory: 16, storage: 10, artifacts };
  const held = own.faults.hold('exec');
  const lines: string[][] = [];
  const second = new AbortController();
  const ran = runInWorker({ ...own, abort: second.signal }, smallSpec({ containers: [container] }), {
    ...{ strict: false, container: 'box', command: ['build'], artifacts: [], directory, onPlan: () => {}, onRetained: () => {} },
    ending: { grace: 10_000, signal: () => 'TERM' },
    streams: { stdin: null, stdout: new PassThrough(), stderr: new PassThrough() },
    onCollected: (all) => void lines.push(all.flatMap(({ placed }) => placed?.path ?? [])),
  }).catch((error: unknown) => error);
  let reached = false;
  void held.reached.then(() => (reached = true));
  while (!reached) await clock.advance(100);
  const source = await tempDir('source');
  await writeFile(join(source, 'a.txt'), 'a');
  await (await own.backend.sessions!.files('one', 'box')).write('/', await packTree(join(source, 'a.txt'), 'a.txt'), never);
  held.release();
  /** The result, the artifacts in the caller's directory, warnings, and the worker's remains. */
  const result = async () => {
    let done: unknown;
    void ran.then((value) => (done = value));
    while (done === undefined) await clock.advance(100);
    return { ran: done, files: await readdir(directory), warnings: own.warnings(), lines, left: thingsOf(node) };
  };
  return { own, clock, result, interruptAgain: () => second.abort() };
}

const missing = ['artifact box:none.txt: there is no such file'];
const rows: { title: string; code: number; artifacts: unknown[]; is: [code: number, files: string[], warnings: string[]] }[] = [
  { title: 'success', code: 0, artifacts: ['a.txt'], is: [0, ['a.txt'], []] },
  { title: 'failure', code: 3, artifacts: ['a.txt'], is: [3, ['a.txt'], []] },
  { title: 'success, only for a failure', code: 0, artifacts: [{ from: 'a.txt', when: 'failure' }], is: [0, [], []] },
  { title: 'failure, only for a failure', code: 3, artifacts: [{ from: 'a.txt', when: 'failure' }], is: [3, ['a.txt'], []] },
  { title: 'success, one missing', code: 0, artifacts: ['a.txt', 'none.txt'], is: [1, ['a.txt'], missing] },
  { title: 'success, an optional one missing', code: 0, artifacts: [{ from: 'none.txt', optional: true }], is: [0, [], []] },
  { title: 'failure, one missing', code: 3, artifacts: ['a.txt', 'none.txt'], is: [3, ['a.txt'], missing] },
];
test.for(rows)('artifacts after $title', async ({ code, artifacts, is }) => {
  const { result } = await started(code, artifacts);
  const { ran, files, warnings, left } = await result();
  expect([(ran as { code: number }).code, files, warnings]).toEqual(is);
  expect(left).toEqual([]);
});

test('artifacts of a cancelled command are collected before its worker ends', async () => {
  const { own, result } = await started(null, ['a.txt']);
  own.interrupt();
  expect(await result()).toMatchObject({ ran: expect.any(Error), files: ['a.txt'], lines: [['a.txt']], left: [] });
});

test('a command whose worker expires is ended by collect_grace earlier, and its artifacts are collected', async () => {
  const { own, clock, result } = await started(null, ['a.txt']);
  await clock.advance(285_000);
  expect(own.events.some(({ type }) => type === 'ended')).toBe(false);
  await clock.advance(8000);
  expect(await result()).toMatchObject({
    ran: { code: 124, cause: { reason: 'expired', why: 'expired after 5 min' } },
    files: ['a.txt'],
    left: [],
  });
});

test('an end that was moved is waited for', async () => {
  const { own, clock, result } = await started(null, ['a.txt']);
  await extendWorker(own, 'one', 60);
  await clock.advance(293_000);
  expect(own.events.some(({ type }) => type === 'ended')).toBe(false);
  await clock.advance(60_000);
  expect(await result()).toMatchObject({ ran: { code: 124 }, files: ['a.txt'] });
});

test('a second Ctrl-C skips the artifacts', async () => {
  const { own, result, interruptAgain } = await started(null, ['a.txt']);
  own.interrupt();
  interruptAgain();
  expect(await result()).toMatchObject({ files: [] });
});
