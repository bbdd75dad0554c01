import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { packTree } from '../../../src/backends/shared/pack.js';
import { transferBetween } from '../../../src/client/transfers.js';
import { FileFaults } from '../../memory/file-faults.js';
import { filesOf, removeFiles } from '../../memory/files.js';
import { tempDir } from '../../support/temp-dir.js';
import { until } from '../../support/poll.js';
import { api, type Api, request } from './scene.js';
import { served } from './served.js';

afterEach(removeFiles);

const never = new AbortController().signal;
/** SHA-256 of the content of `/file`. */
const sha256 = 'b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c';

const filesIn = ({ node }: Pick<Api, 'node'>, worker: string, container = 'engine') => filesOf(node.container(worker, container).id);

async function run(scene: Api, name: string): Promise<{ id: string; worker: string }> {
  const { id } = (await scene.ask('/v1/runs', { body: { spec: { ...request, name } } })).body as { id: string };
  const { worker } = await scene.until(id, 'running');
  return { id, worker: worker as string };
}

/** Two runs, the first one with `/file`. */
async function two(scene: Api) {
  const [from, to] = [await run(scene, 'producer'), await run(scene, 'consumer')];
  const directory = await tempDir('transfer');
  await writeFile(join(directory, 'file'), 'foo\n');
  await filesIn(scene, from.worker).write('/', await packTree(join(directory, 'file'), 'file'), never);
  const copy = (more: { from?: object; to?: object } = {}, token?: string) =>
    scene.ask('/v1/transfers', {
      body: { from: { run: from.id, path: '/file', ...more.from }, to: { run: to.id, path: '/', ...more.to } },
      ...(token !== undefined && { token }),
    });
  return { from, to, copy };
}

const linesOf = ({ text }: { text: string }) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);

test('a file goes from run to run, and the answer has its SHA-256', async () => {
  const scene = await api();
  const { to, copy } = await two(scene);
  const answer = await copy();
  expect(answer.status).toBe(200);
  expect(linesOf(answer)).toEqual([{ type: 'done', sha256, files: 1, bytes: 4 }]);
  expect(await text(await filesIn(scene, to.worker).read('/file', never))).toContain('foo\n');
  expect(scene.streams.size).toBe(0);
});

test('a failure has the place and the first cause, under the names of the runs', async () => {
  const scene = await api();
  const { from, copy } = await two(scene);
  const failed = (path: string, place: string, cause: string) =>
    copy({ from: { path } }).then((answer) =>
      expect(linesOf(answer)).toMatchObject([{ type: 'failed', error: { problems: [{ place, cause }] } }]),
    );
  await failed('/none', 'producer:engine:/none', 'does not exist');
  const other = linesOf(await copy({ to: { container: 'other' } }));
  expect(other).toMatchObject([{ type: 'failed', error: { code: 'container_unknown', problems: [{ place: 'consumer' }] } }]);
  const same = linesOf(await copy({ to: { run: from.id, path: '/again' } }));
  expect(same).toMatchObject([{ type: 'failed', error: { code: 'usage', message: 'both places are in the same container' } }]);
});

test("another organisation's runs, a token that may only read, and a run that has ended are refused", async () => {
  const scene = await api();
  const { from, to, copy } = await two(scene);
  expect((await copy({}, await scene.tokenOf('other', 'submit'))).status).toBe(404);
  expect((await copy({}, await scene.tokenOf('team', 'read'))).status).toBe(403);
  await scene.ask(`/v1/runs/${to.id}/cancel`, { body: {} });
  await scene.until(to.id, 'cancelled');
  expect(await copy()).toMatchObject({ status: 410, body: { error: { code: 'worker_ended' } } });
  expect((await copy({ from: { run: 'no' } })).status).toBe(400);
  expect((await copy({ from: { run: from.id.replace(/^./, (first) => (first === '0' ? '1' : '0')) } })).status).toBe(404);
});

/** The service behind a socket, with two runs and faults of the first one's files. */
async function faulty() {
  const scene = await served();
  const { from, to } = await two(scene);
  const faults = new FileFaults();
  scene.node.fileFaults.set(`${from.worker}/engine`, faults);
  const again: string[] = [];
  const stop = new AbortController();
  const copy = () =>
    transferBetween(
      { ...scene.connection, signal: stop.signal },
      {
        from: { run: from.id, container: 'engine', path: '/file' },
        to: { run: to.id, container: 'engine', path: '/' },
        onAgain: (cause) => again.push(cause),
      },
    );
  const left = async () => text(await filesIn(scene, to.worker).read('/', never));
  return { ...scene, from, to, faults, again, stop, copy, left };
}

test('the client is told of a transfer that is begun again, and ends with it', async () => {
  const { faults, copy, again, clock, left } = await faulty();
  faults.add('breaks', { at: 512 });
  const copied = copy();
  await until('the transfer is begun again', () => again.length === 1);
  await clock.advance(1000);
  await copied;
  expect(again).toEqual(['the stream broke off: read ECONNRESET']);
  expect(await left()).toContain('foo\n');
});

test('a client that goes ends its transfer, and nothing of it is left', async () => {
  const { faults, copy, stop, streams, left } = await faulty();
  faults.add('standsStill', { at: 512 });
  const copied = copy();
  copied.catch(() => {});
  await until('the transfer runs', () => streams.size === 1);
  stop.abort(new Error('interrupted'));
  await expect(copied).rejects.toThrow('interrupted');
  await until('its place is free', () => streams.size === 0);
  await until('its files are gone', async () => !(await left()).includes('mayfly-transfer'));
});

test('a worker that ends meanwhile is the cause: before another try', async () => {
  const { ask, faults, copy, again, from } = await faulty();
  faults.add('breaks', { at: 512 });
  const copied = copy();
  copied.catch(() => {});
  await until('the transfer is begun again', () => again.length === 1);
  await ask(`/v1/runs/${from.id}/cancel`, { body: {} });
  await expect(copied).rejects.toMatchObject({ code: 'worker_ended', message: 'the run is ending, and its worker with it' });
});

test.for(['from', 'to'] as const)('the end of the run %s ends a transfer at once, and nothing of it is left', async (end) => {
  const { ask, faults, copy, streams, ...scene } = await faulty();
  faults.add('standsStill', { at: 512 });
  const copied = copy();
  copied.catch(() => {});
  await until('the transfer runs', () => streams.size === 1);
  await ask(`/v1/runs/${scene[end].id}/cancel`, { body: {} });
  await expect(copied).rejects.toMatchObject({ code: 'worker_ended', message: 'the run is ending, and its worker with it' });
  await until('its place is free', () => streams.size === 0);
});

test('a transfer ends 10 s before the lease of a worker, and none begins later', async () => {
  const { ask, faults, copy, streams, clock, left, from, to } = await faulty();
  faults.add('standsStill', { at: 512 });
  const ends = async (id: string) => Date.parse(((await ask(`/v1/runs/${id}`)).body as { ends: string }).ends);
  const first = Math.min(await ends(from.id), await ends(to.id));
  await clock.advance(first - 100_000 - clock.now());
  const copied = copy();
  let error: unknown;
  copied.catch((thrown: unknown) => (error = thrown));
  await until('the transfer runs', () => streams.size === 1);
  await clock.advance(89_000);
  expect(error).toBe(undefined);
  await clock.advance(1000);
  const message = 'its worker ends in less than 10 s, at the end of its lease';
  await until('the transfer has ended', () => error !== undefined);
  expect(error).toMatchObject({ code: 'worker_ended', message });
  await expect(copy()).rejects.toMatchObject({ code: 'worker_ended', message });
  expect(await left()).not.toContain('mayfly-transfer');
});
