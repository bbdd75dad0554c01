import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { execSockets } from '../../../src/backends/docker/exec-sockets.js';
import type { HttpClient } from '../../../src/backends/docker/http-client.js';
import { systemClock } from '../../../src/clock.js';
import { labelKeys } from '../../../src/labels.js';
import { tempDir } from '../../support/temp-dir.js';

const quiet = { info: () => {}, warn: () => {} };

/** A daemon whose volumes' files are, or seem to be, in a directory of this machine. */
async function sockets(url: string) {
  const Mountpoint = await tempDir('mountpoint');
  const json = async () => ({
    Name: 'mayfly-ci.engine_exec',
    Mountpoint,
    Labels: { [labelKeys.worker]: 'ci', [labelKeys.lifetime]: '60', [labelKeys.address]: 'docker_volume.engine_exec' },
  });
  const endpoint = parseEndpoint(url, null, {});
  return { Mountpoint, made: execSockets({ http: { json } as unknown as HttpClient, endpoint, clock: systemClock, execRoot: '/nowhere' }) };
}

test("a volume's socket is served on the daemon's machine", async () => {
  const { made, Mountpoint } = await sockets('unix:///var/run/docker.sock');
  const served = await made.serve('ci', 'mayfly-ci.engine_exec', quiet);
  expect(await readdir(Mountpoint)).toContain('docker.sock');
  await served!.close();
});

test.each(['tcp://127.0.0.1:2375', 'ssh://ci@far'])('and left to the keeper inside by that of a client of %s', async (url) => {
  const { made, Mountpoint } = await sockets(url);
  expect(await made.serve('ci', 'mayfly-ci.engine_exec', quiet)).toBeNull();
  expect(await readdir(Mountpoint)).toEqual([]);
});
