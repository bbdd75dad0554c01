import { expect, test } from 'vitest';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { EngineError, type HttpClient } from '../../../src/backends/docker/http-client.js';
import { readiness } from '../../../src/backends/docker/readiness.js';

const engine = { id: 'a', type: 'docker_container', address: 'docker_container.engine' } as OwnedObject;
const running = { Id: 'a', Config: {}, State: { Status: 'running', Running: true, Pid: 1 } };

/** A daemon elsewhere, on which a command in the container is refused. */
function refusing(status: number): HttpClient {
  return {
    podman: false,
    json: (_method: string, path: string) =>
      path.includes('/exec') ? Promise.reject(new EngineError(status, 'refused', path)) : Promise.resolve(running),
  } as unknown as HttpClient;
}

const look = (status: number) =>
  readiness(refusing(status), parseEndpoint('tcp://192.0.2.1:2375', null, {}), [engine], { engine: { port: 8080 } as never });

test('an engine that ends while its port is asked for is not ready yet, and no error: the next look says that it ended', async () => {
  expect(await look(409)).toEqual({ ready: false, waiting: [{ container: 'engine', for: 'port 8080' }], failed: null });
  await expect(look(500)).rejects.toThrow('refused');
});
