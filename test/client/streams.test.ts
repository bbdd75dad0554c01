import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { EventReader } from '../../src/client/events.js';
import { follow } from '../../src/client/follow.js';
import { Frames, writeRunLog } from '../../src/client/logs.js';
import { parseAddress } from '../../src/client/address.js';
import { systemClock } from '../../src/clock.js';
import { request } from '../dispatch/http/scene.js';
import { untilIdle } from '../support/idle.js';
import { until } from '../support/poll.js';
import { clientOf, fakeServer, noSleep, service } from './scene.js';

test('blocks of Server-Sent Events are complete at an empty line, in whatever pieces they come', () => {
  const text = 'retry: 1000\n\nevent: position\nid: 3\ndata: {"a":1}\n\n:\n\nid: 4\ndata: "→"\n\nid: 5\ndata: cut';
  const blocks = [
    { event: 'position', id: '3', data: '{"a":1}' },
    { event: 'message', id: '4', data: '"→"' },
  ];
  expect(new EventReader().read(Buffer.from(text))).toEqual(blocks);
  const byte = new EventReader();
  expect([...Buffer.from(text)].flatMap((one) => byte.read(Buffer.of(one)))).toEqual(blocks);
});

test('frames of a log are split in whatever pieces they come', () => {
  const bytes = Buffer.from('\u0001\0\0\0\0\0\0\u0003out\u0001\0\0\0\0\0\0\0\u0002\0\0\0\0\0\0\u0002ab', 'latin1');
  const read = (pieces: Buffer[]) => {
    const frames = new Frames();
    return pieces.flatMap((piece) => [...frames.read(piece)]).map(({ stream, bytes: payload }) => `${stream}${payload}`);
  };
  expect(read([bytes])).toEqual(['1out', '2ab']);
  expect(read([...bytes].map((one) => Buffer.of(one)))).toEqual(['1o', '1u', '1t', '2a', '2b']);
});

test('a run is followed by its events alone, to its end', async () => {
  const it = await service();
  const { id } = (await it.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const states: string[] = [];
  const signal = new AbortController().signal;
  const ended = follow(it.remote, id, () => false, { clock: it.clock, signal, onChange: ({ state }) => states.push(state) });
  const { worker } = await it.until(id, 'running');
  await until('the client has seen it', () => states.at(-1) === 'running');
  it.hand.exit(worker as string, 'engine', 3);
  await it.until(id, 'failed');
  expect(await ended).toMatchObject({ state: 'failed', exit_code: 3 });
  expect(states[0]).toMatch(/queued|placed|provisioning/);
  await until('the stream is closed', () => it.streams.size === 0);
});

const run = {
  ...{ id: 'a', name: 'one', state: 'running', reason: null, node: null, worker: null, labels: {}, attempt: 1, created: null },
  ...{ last_try: null, ready: null, ends: null, completed: null, exit_code: null },
};

test('a follower connects again after the end, a break and a refusal of its stream, and gives up after five minutes', async () => {
  const paths: string[] = [];
  const answers: ('end' | 'break' | 'refuse' | 'event')[] = ['end', 'break', 'refuse', 'refuse', 'event'];
  const url = await fakeServer(({ url: path }, response) => {
    paths.push(path!);
    const streams = paths.filter((one) => one.endsWith('/events')).length;
    if (!path!.endsWith('/events')) {
      const state = streams === answers.length ? 'completed' : 'running';
      return response.setHeader('content-type', 'application/json').end(JSON.stringify({ ...run, state }));
    }
    const answer = answers[streams - 1];
    if (answer === 'refuse' || answer === undefined) return response.socket!.destroy();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: position\nid: 0\ndata: {}\n\n', () => {
      if (answer === 'end') response.end();
      if (answer === 'break') response.socket!.destroy();
    });
  });
  const clock = noSleep();
  const options = { clock, signal: new AbortController().signal };
  const client = clientOf(url, 't', clock);
  expect(await follow(client, 'a', () => false, options)).toMatchObject({ state: 'completed' });
  expect(clock.slept).toEqual([500, 500, 1000, 2000]);
  clock.slept.length = 0;
  await expect(follow(client, 'a', () => false, options)).rejects.toMatchObject({ code: 'server_unreachable' });
  expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(298_500);
});

/** A log that a client reads, and its outputs. */
function reading(url: string, token: string, id: string, signal = new AbortController().signal) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const connection = { server: parseAddress(url), token, clock: systemClock, signal };
  const read = writeRunLog(connection, id, { container: 'engine', follow: true, tail: null, since: null }, { stdout, stderr });
  return { read, text: () => ((stdout.read() as Buffer | null) ?? '').toString() };
}

test('a log comes as it is written; an interrupt ends it, and the reading of the service', async () => {
  const it = await service();
  const { id } = (await it.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const { worker } = await it.until(id, 'running');
  const stop = new AbortController();
  const { read, text } = reading(it.url, it.token, id, stop.signal);
  it.node.write(it.node.container(worker as string, 'engine'), 'hello\n');
  await until('the line comes', () => text() === 'hello\n');
  expect(it.streams.size).toBe(1);
  stop.abort(new Error('interrupted'));
  await expect(read).rejects.toThrow('interrupted');
  await until('the service has ended it', () => it.streams.size === 0);
  await untilIdle();
});

test('a log that is cut is an error, and one that fails has the cause', async () => {
  const frame = (stream: number, text: string) => Buffer.concat([Buffer.of(stream, 0, 0, 0, 0, 0, 0, text.length), Buffer.from(text)]);
  const error = JSON.stringify({ error: { code: 'backend_unreachable', message: 'gone', problems: [{ place: 'far', cause: 'gone' }] } });
  const url = await fakeServer(({ url: path }, response) => {
    response.write(frame(1, 'one\n'), () => (path!.includes('cut') ? response.socket!.destroy() : response.end(frame(3, error))));
  });
  const cut = reading(url, 't', 'cut');
  await expect(cut.read).rejects.toMatchObject({ code: 'server_unreachable', message: 'the connection broke before the log was complete' });
  const failed = reading(url, 't', 'failed');
  await expect(failed.read).rejects.toMatchObject({ code: 'backend_unreachable', message: 'gone', place: { path: 'far' } });
  expect([cut.text(), failed.text()]).toEqual(['one\n', 'one\n']);
});
