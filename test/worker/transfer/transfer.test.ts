import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { packTree } from '../../../src/backends/shared/pack.js';
import { unpackTree } from '../../../src/backends/shared/unpack.js';
import type { Staging } from '../../../src/backends/ports/sessions.js';
import { MayflyError } from '../../../src/errors.js';
import { transfer, type TransferPlace } from '../../../src/worker/transfer/transfer.js';
import { FileFaults } from '../../memory/file-faults.js';
import { filesOf, removeFiles } from '../../memory/files.js';
import { heldClock } from '../../support/held-clock.js';
import { until } from '../../support/poll.js';
import { tempDir } from '../../support/temp-dir.js';
import { describeTree } from '../../support/tree.js';

afterEach(removeFiles);

const never = new AbortController().signal;
const content = 'a'.repeat(100_000);
const sha256 = createHash('sha256').update(content).digest('hex');

type Change = { [K in 'write' | 'place' | 'remove']?: (staging: Staging) => Staging[K] };

/** A place whose staging directories do something else. */
function changed(place: TransferPlace, change: Change): TransferPlace {
  const open = async () => {
    const files = await place.open();
    const stage = async (directory: string, signal: AbortSignal) => {
      const staging = await files.stage(directory, signal);
      const more = Object.fromEntries(Object.entries(change).map(([name, make]) => [name, make(staging)]));
      return { ...staging, ...more };
    };
    return { ...files, stage };
  };
  return { ...place, open };
}

const hangs = () => () => new Promise<never>(() => {});

/** Two containers, the first one with files, the second one with a directory `/work`. */
async function scene() {
  const [from, to] = [filesOf('from'), filesOf('to')];
  const directory = await tempDir('transfer');
  await mkdir(join(directory, 'tree/sub'), { recursive: true });
  await writeFile(join(directory, 'tree/sub/file'), content, { mode: 0o755 });
  await writeFile(join(directory, 'tree/empty'), '');
  await link(join(directory, 'tree/sub/file'), join(directory, 'tree/again'));
  await symlink('sub/file', join(directory, 'tree/link'));
  await mkdir(join(directory, 'work'));
  await from.write('/', await packTree(join(directory, 'tree'), 'tree'), never);
  await to.write('/', await packTree(join(directory, 'work'), 'work'), never);
  const held = heldClock();
  const pauses: number[] = [];
  // Pauses between tries are over at once; the limit of silence lasts until the test ends it.
  const sleep = (ms: number, signal?: AbortSignal) => (ms < 30_000 ? (pauses.push(ms), Promise.resolve()) : held.sleep(ms, signal));
  const clock = { now: held.now, sleep };
  const [reads, writes] = [new FileFaults(), new FileFaults()];
  const again: string[] = [];
  const warnings: string[] = [];
  const gone = new Set<string>();
  const place = (name: 'from' | 'to', path: string): TransferPlace => ({
    ...{ name, id: name, path },
    async open() {
      if (gone.has(name)) throw new MayflyError('worker_ended', { place: { path: name }, cause: 'the worker has ended' });
      return (name === 'from' ? reads : writes).on(filesOf(name));
    },
  });
  return {
    ...{ place, reads, writes, again, warnings, pauses, held, gone },
    copy: (
      source: string,
      destination: string,
      signal = never,
      onAgain: (cause: string) => void = (cause) => again.push(cause),
      change: Change = {},
    ) =>
      transfer(place('from', source), changed(place('to', destination), change), {
        ...{ clock, signal, onAgain, onWarning: (cause) => void warnings.push(cause) },
      }),
    /** Paths and kinds in the second container. */
    async tree() {
      const files = await to.read('/', never);
      const back = await tempDir('back');
      await unpackTree(files, back, '.', never);
      return describeTree(back);
    },
  };
}

const paths = (tree: Record<string, string>) => Object.keys(tree).sort();

test('a file arrives with its mode under its own name, and under a new one', async () => {
  const { copy, tree } = await scene();
  expect(await copy('/tree/sub/file', '/work')).toEqual({ sha256, files: 1, bytes: 100_000 });
  expect(await copy('/tree/sub/file', '/work/new')).toEqual({ sha256, files: 1, bytes: 100_000 });
  expect(await tree()).toMatchObject({ 'work/file': expect.stringMatching(/^file 755 /), 'work/new': expect.stringMatching(/^file 755 /) });
  expect(paths(await tree())).toEqual(['work', 'work/file', 'work/new']);
});

test('a tree arrives with its links, joins an existing one, and its content can be copied alone', async () => {
  const { copy, tree } = await scene();
  const first = await copy('/tree', '/work/copy');
  expect(first).toMatchObject({ files: 2, bytes: 100_000 });
  const copied = ['work/copy', 'work/copy/again', 'work/copy/empty', 'work/copy/link', 'work/copy/sub', 'work/copy/sub/file'];
  expect(paths(await tree())).toEqual(['work', ...copied]);
  expect(await tree()).toMatchObject({ 'work/copy/link': 'link to sub/file' });
  await copy('/tree/sub', '/work');
  expect(await copy('/tree/.', '/work')).toEqual(first);
  expect(paths(await tree())).toEqual(['work', 'work/again', ...copied, 'work/empty', 'work/link', 'work/sub', 'work/sub/file'].sort());
});

/** A byte of the file's content in its tar. */
const inFile = 70_000;

test('a stream that breaks is begun again, and nothing of it is left', async () => {
  const { copy, tree, reads, again, pauses } = await scene();
  reads.add('breaks', { at: inFile, times: 2 });
  expect(await copy('/tree/sub/file', '/work')).toMatchObject({ sha256 });
  expect(again).toEqual(['the stream broke off: read ECONNRESET', 'the stream broke off: read ECONNRESET']);
  expect(pauses).toEqual([1000, 5000]);
  expect(paths(await tree())).toEqual(['work', 'work/file']);
});

test('after three tries a transfer fails with the first cause, and an earlier file of the name stays whole', async () => {
  const { copy, tree, reads, writes } = await scene();
  await copy('/tree/empty', '/work/file');
  const before = await tree();
  reads.add('breaks', { at: inFile });
  writes.add('spoils', { at: inFile, times: 3 });
  await expect(copy('/tree/sub/file', '/work')).rejects.toMatchObject({
    code: 'copy_failed',
    place: { path: 'from:/tree/sub/file' },
    message: 'the transfer to to:/work broke off 3 times, first because the stream broke off: read ECONNRESET',
  });
  expect(await tree()).toEqual(before);
});

test('a tar that ends too early, and one that arrives changed, are begun again', async () => {
  const { copy, tree, reads, writes, again } = await scene();
  reads.add('endsEarly', { at: inFile });
  writes.add('spoils', { at: inFile, times: 2 });
  expect(await copy('/tree', '/work/copy')).toMatchObject({ files: 2 });
  expect(again).toEqual([
    expect.stringMatching(/^the stream broke off: Truncated input/),
    expect.stringMatching(/^SHA-256 [0-9a-f]{64} was sent, and [0-9a-f]{64} has arrived$/),
  ]);
  expect(paths(await tree())).not.toContain('work/.mayfly-transfer');
});

test('a stream that stands still for two minutes is begun again', async () => {
  const { copy, reads, again, held } = await scene();
  reads.add('standsStill', { at: inFile });
  const copied = copy('/tree/sub/file', '/work');
  await until('the limit of silence runs', () => held.lasting().includes(120_000));
  // The first one may have begun before the first byte.
  const ending = setInterval(() => held.pass(120_000), 20);
  expect(await copied).toMatchObject({ sha256 });
  clearInterval(ending);
  expect(again).toEqual(['no byte came through for 120 s']);
});

test('a tree with a FIFO is refused, and nothing of it is copied', async () => {
  const { place, tree } = await scene();
  const directory = await tempDir('fifo');
  await writeFile(join(directory, 'file'), content);
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  const files = { ...filesOf('from'), stat: () => Promise.resolve({ path: '/special', directory: true }) };
  const from = { ...place('from', '/special'), open: () => Promise.resolve({ ...files, read: () => packTree(directory, 'special') }) };
  const copied = transfer(from, place('to', '/work'), { clock: heldClock(), signal: never, onAgain() {}, onWarning() {} });
  await expect(copied).rejects.toMatchObject({ code: 'copy_failed', message: 'not copied: special/fifo is a FIFO' });
  expect(paths(await tree())).toEqual(['work']);
});

test('the first cause counts, also where the staged files cannot be removed', async () => {
  const { copy, writes } = await scene();
  writes.add('isFull', { at: inFile });
  const copied = copy('/tree/sub/file', '/work', never, () => {}, { remove: () => () => Promise.reject(new Error('not removed')) });
  await expect(copied).rejects.toMatchObject({ code: 'storage_full' });
});

test('files that have their place are copied, also where the staging directory cannot be removed: that is a warning', async () => {
  const { copy, warnings, held, tree } = await scene();
  const remove = () => () => Promise.reject(new Error('it is busy'));
  expect(await copy('/tree/sub/file', '/work', never, () => {}, { remove })).toMatchObject({ sha256 });
  const copied = copy('/tree/sub/file', '/work/late', never, () => {}, { remove: hangs });
  await until('the removal has a limit', () => held.lasting().includes(60_000));
  held.pass(60_000);
  expect(await copied).toMatchObject({ sha256 });
  expect(warnings).toEqual([
    expect.stringMatching(/^to:\/work\/\.mayfly-transfer-\w+ was not removed: it is busy$/),
    expect.stringMatching(/^to:\/work\/\.mayfly-transfer-\w+ was not removed: no answer within 60 s$/),
  ]);
  expect(paths(await tree())).toEqual(expect.arrayContaining(['work/file', 'work/late']));
});

test('a write without an answer is begun again, and files that get no place in 10 min are an error', async () => {
  const { copy, again, held } = await scene();
  let first = true;
  const write = (staging: Staging) => async (tar: Readable, signal: AbortSignal) => {
    await staging.write(tar, signal);
    if (first) await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
  };
  const onAgain = (cause: string) => {
    first = false;
    again.push(cause);
  };
  const copied = copy('/tree/sub/file', '/work', never, onAgain, { write, place: hangs });
  copied.catch(() => {});
  const silence = setInterval(() => held.pass(120_000), 20);
  await until('it is begun again', () => again.length === 1);
  clearInterval(silence);
  await until('the files get their place', () => held.lasting().includes(600_000));
  held.pass(600_000);
  await expect(copied).rejects.toMatchObject({ code: 'copy_failed', message: 'the files did not get their place within 600 s' });
  expect(again).toEqual(['no byte came through for 120 s']);
});

test('a write that fails is the cause, also where it destroys the stream that it reads', async () => {
  const { copy, again } = await scene();
  const write = () => async (tar: Readable) => {
    for await (const _ of tar) {
      tar.destroy(new Error('write EPIPE'));
      await new Promise((resolve) => setImmediate(resolve));
      throw new MayflyError('storage_full', { cause: 'no space left on device' });
    }
  };
  await expect(copy('/tree/sub/file', '/work', never, (cause) => void again.push(cause), { write })).rejects.toMatchObject({
    code: 'storage_full',
  });
  expect(again).toEqual([]);
});

test('a full disk ends a transfer at once', async () => {
  const { copy, tree, writes, again } = await scene();
  writes.add('isFull', { at: inFile });
  await expect(copy('/tree/sub/file', '/work')).rejects.toMatchObject({ code: 'storage_full', place: { path: 'to' } });
  expect([again, paths(await tree())]).toEqual([[], ['work']]);
});

test.for(['from', 'to'])('when the worker %s has ended, that is the cause', async (name) => {
  const { copy, reads, gone } = await scene();
  reads.add('breaks', { at: inFile });
  const failed = copy('/tree/sub/file', '/work', never, () => void gone.add(name));
  await expect(failed).rejects.toMatchObject({ code: 'worker_ended', place: { path: name } });
});

test('an abort ends a transfer with its own reason, and leaves nothing', async () => {
  const { copy, tree, reads, held } = await scene();
  reads.add('standsStill', { at: inFile });
  const stop = new AbortController();
  const copied = copy('/tree/sub/file', '/work', stop.signal);
  await until('the transfer runs', () => held.lasting().length > 0);
  stop.abort(new Error('stopped'));
  await expect(copied).rejects.toThrow('stopped');
  expect(paths(await tree())).toEqual(['work']);
});

const refused: Record<string, { from: string; to: string; error: { code: string; place?: unknown; message: RegExp } }> = {
  'a source that is missing': {
    ...{ from: '/none', to: '/work' },
    error: { code: 'copy_failed', place: { path: 'from:/none' }, message: /^does not exist$/ },
  },
  'a directory that is missing': {
    ...{ from: '/tree/empty', to: '/none/file' },
    error: { code: 'copy_failed', place: { path: 'to:/none' }, message: /^does not exist$/ },
  },
  'a tree over a file': {
    ...{ from: '/tree', to: '/work/file' },
    error: { code: 'copy_failed', place: { path: 'to:/work/file' }, message: /^is no directory$/ },
  },
  'a file over a link': {
    ...{ from: '/tree/sub/.', to: '/work/links' },
    error: { code: 'copy_failed', message: /is a link, which a copy would replace$/ },
  },
};
test.for(Object.entries(refused))(
  '%s is refused',
  async ([
    ,
    {
      from,
      to,
      error: { message, ...error },
    },
  ]) => {
    const { copy, tree } = await scene();
    await copy('/tree/sub/file', '/work/file');
    const directory = await tempDir('links');
    await symlink('nowhere', join(directory, 'file'));
    await filesOf('to').write('/work', await packTree(directory, 'links'), never);
    const before = await tree();
    const thrown = (await copy(from, to).catch((one: unknown) => one)) as MayflyError;
    expect(thrown).toMatchObject(error);
    expect(thrown.message).toMatch(message);
    expect(await tree()).toEqual(before);
  },
);

test('a copy within one container is refused with the command for it', async () => {
  const place: TransferPlace = { name: 'ci:build', id: 'one', path: '/a', open: () => Promise.reject(new Error('opened')) };
  const context = { clock: heldClock(), signal: never, onAgain() {}, onWarning() {} };
  await expect(transfer(place, { ...place, path: '/b' }, context)).rejects.toMatchObject({
    ...{ code: 'usage', message: 'both places are in the same container' },
    remedy: 'copy inside of it: mayfly exec ci build -- cp -a /a /b',
  });
});
