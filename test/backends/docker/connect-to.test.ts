import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { connectTo } from '../../../src/backends/docker/connect-to.js';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { afterTest, tempDir } from '../../support/temp-dir.js';

async function port(): Promise<number> {
  const server = createServer((socket) => socket.end('engine')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => server.close());
  return (server.address() as AddressInfo).port;
}

test("a port of this machine's daemon is reached by itself", async () => {
  const local = parseEndpoint('unix:///var/run/docker.sock', null, {});
  expect(await text(await connectTo(local, '127.0.0.1', await port()))).toBe('engine');
});

test("the loopback of another machine is not this machine's", async () => {
  const far = parseEndpoint('tcp://build-2:2376', null, {});
  await expect(connectTo(far, '127.0.0.1', await port())).rejects.toMatchObject({
    code: 'not_possible',
    remedy: 'use an endpoint ssh://… for this daemon',
  });
});

test.each([
  ['127.0.0.1', '127.0.0.1:8080'],
  ['::1', '[::1]:8080'],
])('ssh connects to a port of its server: %s', async (address, expected) => {
  const directory = await tempDir('ssh');
  await writeFile(join(directory, 'ssh'), '#!/bin/sh\necho "$@"\nexec cat\n');
  await chmod(join(directory, 'ssh'), 0o755);
  const env = { PATH: `${directory}:${process.env['PATH']}` };
  const connection = await connectTo(parseEndpoint('ssh://me@build-2:2222', null, env), address, 8080);
  connection.write('hello');
  const [line] = (await once(connection, 'data')) as [Buffer];
  expect(String(line)).toContain(`-o ConnectTimeout=30 -l me -p 2222 -W ${expected} -- build-2\n`);
  connection.destroy();
});
