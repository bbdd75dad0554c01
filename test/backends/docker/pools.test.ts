import { expect, test } from 'vitest';
import { poolOf } from '../../../src/backends/docker/call-kinds.js';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../../src/backends/docker/http-client.js';
import { listObjects, stopContainers } from '../../../src/backends/docker/objects.js';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { startFakeDocker } from '../../support/fake-docker/index.js';
import { until } from '../../support/poll.js';
import { afterTest } from '../../support/temp-dir.js';

const id = 'a'.repeat(64);
const container = { id, type: 'docker_container', status: 'running' } as OwnedObject;

/** A client with 200 creations, 100 inspections and 100 followed logs that the daemon does not answer. */
async function busyClient() {
  const fake = await startFakeDocker();
  const http = new HttpClient(parseEndpoint(fake.host, null, {}));
  await http.text('GET', '/_ping');
  const over = new AbortController();
  afterTest(() => {
    over.abort();
    http.close();
  });
  const hold = (count: number, method: string, path: string) => {
    fake.faults.hang((call) => call.method === method && call.path === path);
    for (let left = count; left > 0; left -= 1) http.stream(method, path, { signal: over.signal }).catch(() => {});
  };
  hold(200, 'POST', '/containers/create');
  hold(100, 'GET', `/containers/${id}/json`);
  hold(100, 'GET', `/containers/${id}/logs`);
  const held = (path: string) => fake.calls.filter((call) => call.path === path).length;
  // The rest waits for a connection; a follower never does.
  await until('all connections are in use', () => held('/containers/create') === 48 && held(`/containers/${id}/json`) === 24);
  await until('all followers have one', () => held(`/containers/${id}/logs`) === 100);
  return { fake, http };
}

test('creations, inspections and followers delay neither a look nor an end', async () => {
  const { fake, http } = await busyClient();
  expect(await listObjects(http)).toEqual([]);
  const own = http.apart();
  afterTest(() => own.close());
  await stopContainers(own, [container]);
  expect(fake.calls.at(-1)).toMatchObject({ method: 'POST', path: `/containers/${id}/stop` });
});

test.each([
  ['GET', '/_ping', 15_000, 'looks'],
  ['GET', '/containers/json', 60_000, 'looks'],
  ['GET', '/volumes', 60_000, 'looks'],
  ['GET', `/containers/${id}/json`, 60_000, 'reads'],
  ['GET', '/volumes/one', 60_000, 'reads'],
  ['GET', '/system/df', 600_000, 'reads'],
  ['GET', `/containers/${id}/logs`, 20_000, 'reads'],
  ['GET', `/containers/${id}/logs`, null, 'followers'],
  ['POST', '/images/create', null, 'followers'],
  ['POST', '/containers/create', 600_000, 'starts'],
  ['DELETE', '/volumes/one', 120_000, 'starts'],
])('%s %s with the deadline %s is one of the %s', (method, path, deadline, pool) => {
  expect(poolOf(method, path, deadline)).toBe(pool);
});
