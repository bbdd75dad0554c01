import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { defaultServerLimits, makeServer } from '../../../../src/dispatch/http/server.js';
import { until } from '../../../support/poll.js';
import { afterTest } from '../../../support/temp-dir.js';
import { type Api, api, request } from '../scene.js';

/** The API behind a socket, with limits that would cut a stream at once. */
async function listening(): Promise<Api & { open(path: string): Promise<IncomingMessage>; stopped(): Promise<void> }> {
  const scene = await api();
  const server = makeServer(scene.app.fetch, { ...defaultServerLimits, headers: 100, request: 100, idle: 100 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return {
    ...scene,
    async open(path) {
      const asked = get({ port, path, headers: { authorization: `Bearer ${scene.token}`, accept: 'text/event-stream' } });
      asked.on('error', () => {});
      return ((await once(asked, 'response')) as [IncomingMessage])[0];
    },
    async stopped() {
      scene.streams.close();
      server.close();
      await once(server, 'close');
    },
  };
}

test("the limits of requests do not cut a stream, and the service's end closes its connection", async () => {
  const scene = await listening();
  const stream = await scene.open('/v1/events');
  let received = '';
  stream.on('data', (data) => (received += String(data)));
  await pause(400);
  await scene.ask('/v1/runs', { body: { spec: request } });
  await until('the event arrives', () => received.includes('"type":"queued"'));
  expect(stream.complete).toBe(false);
  await Promise.all([once(stream, 'end'), scene.stopped()]);
  expect(stream.complete).toBe(true);
});

test('a client that does not read is sent the first pages, and one that is gone leaves its place', async () => {
  const scene = await listening();
  const { id } = (await scene.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const data = { text: 'a'.repeat(50_000) };
  await Promise.all(Array.from({ length: 500 }, (_, at) => scene.store.addEvent(id, 0, { at, type: 'note', data })));
  let read = 0;
  const { feed } = scene.store;
  scene.store.feed = (query) => {
    read += 1;
    return feed(query);
  };
  const stream = await scene.open(`/v1/runs/${id}/events`);
  await pause(300);
  const before = read;
  await pause(300);
  expect([read, before < 5]).toEqual([before, true]);
  expect(scene.streams.size).toBe(1);
  stream.destroy();
  await until('its place is free', () => scene.streams.size === 0);
});
