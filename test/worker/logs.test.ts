import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { destroyWorker } from '../../src/worker/destroy.js';
import { type LogsOptions, writeWorkerLog } from '../../src/worker/logs.js';
import { nodeName, openScene } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';

async function logging() {
  const clock = manualClock();
  const all = await openScene({ clock });
  seed(all.node, { containers: ['db'] });
  all.node.write(all.node.container('one', 'engine'), 'first\nsecond\nthird\n');
  const client = all.client();
  const print = async (more: Partial<LogsOptions> = {}, call = client) => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const options = { worker: 'one', container: 'engine', follow: false, tail: null, since: null, ...more };
    await writeWorkerLog(call, options, { stdout, stderr });
    const text = (stream: PassThrough) => (stream.read() as Buffer | null)?.toString() ?? '';
    return [text(stdout), text(stderr)];
  };
  return { ...all, clock, client, print };
}

test('the log of a living worker is the node’s', async () => {
  const { print } = await logging();
  expect(await print()).toEqual(['first\nsecond\nthird\n', '']);
});

const said = 'mayfly: one has ended (destroyed); this log was stored at its end\n';

test('the log of an ended worker was stored at its end, for every container', async () => {
  const { client, print } = await logging();
  await destroyWorker(client, 'one', {});
  expect(await print()).toEqual(['first\nsecond\nthird\n', said]);
  expect(await print({ container: 'db' })).toEqual(['', said]);
  await expect(print({ container: 'none' })).rejects.toMatchObject({ code: 'container_unknown' });
});

test.for<[number, string]>([
  [0, ''],
  [1, 'third\n'],
  [2, 'second\nthird\n'],
  [3, 'first\nsecond\nthird\n'],
  [9, 'first\nsecond\nthird\n'],
])('its last %d lines', async ([tail, text]) => {
  const { client, print } = await logging();
  await destroyWorker(client, 'one', {});
  expect((await print({ tail }))[0]).toBe(text);
});

test('its lines have no times, and a line says so', async () => {
  const { client, print } = await logging();
  await destroyWorker(client, 'one', {});
  const [stdout, stderr] = await print({ since: 5 });
  expect([stdout, stderr]).toEqual([
    'first\nsecond\nthird\n',
    `${said}mayfly: stored logs have no times: some of these lines may be older\n`,
  ]);
});

test('the last worker of a name counts', async () => {
  const { client, node, clock, print } = await logging();
  await destroyWorker(client, 'one', {});
  clock.advance(1000);
  seed(node);
  node.write(node.container('one', 'engine'), 'later\n');
  await destroyWorker(client, 'one', {});
  expect((await print())[0]).toBe('later\n');
});

test('for 7 days', async () => {
  const { client, clock, print } = await logging();
  await destroyWorker(client, 'one', {});
  clock.advance(7 * 24 * 3600 * 1000 - 1);
  expect((await print())[0]).toBe('first\nsecond\nthird\n');
  clock.advance(1);
  await expect(print()).rejects.toMatchObject({ code: 'worker_unknown' });
});

test('a keeper inside the node has the logs of the workers that it ended', async () => {
  const { node, hand, client, clock, print } = await logging();
  for (const { name } of [...node.list()].reverse()) hand.remove('one', name.slice(4));
  const entry = { worker: 'one', backend: nodeName, endpoint: '', reason: 'expired' as const, endedAt: clock.now(), containers: [] };
  node.resident = { name: 'mayfly-keeper', history: [entry] };
  await expect(print()).rejects.toMatchObject({
    code: 'worker_ended',
    message: 'the worker has ended (expired), and its logs were not stored on this machine',
  });
  node.resident.logs = new Map([[`one@${clock.now()}`, [{ container: 'engine', content: Buffer.from('kept\n') }]]]);
  expect((await print({}, client))[0]).toBe('kept\n');
});
