import { describe, expect, test } from 'vitest';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { parseEndpoint } from '../../../src/backends/docker/endpoint.js';
import { EngineError, type HttpClient } from '../../../src/backends/docker/http-client.js';
import { readiness } from '../../../src/backends/docker/readiness.js';
import { labelKeys } from '../../../src/labels.js';
import { recordingHttp } from './recording-http.js';

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

describe('a container as the daemon shows it', () => {
  const local = parseEndpoint('tcp://192.0.2.1:2375', null, {});
  const command = ['CMD', 'true'];
  const log = [{ ExitCode: 1, Output: ' no\n response ' }];
  const check = { command: ['CMD', 'true'], interval: 5, timeout: 5, retries: 12, start_period: 0 };

  /** The engine with that state, whose spec has `engine`. */
  const seen = (state: object, config: object = {}, own: object = {}, podman = '') => {
    const inspected = { Id: 'a', Config: config, State: { Status: 'running', Running: true, Pid: 1, ...state } };
    const { http, calls } = recordingHttp((call) => ({ body: call.includes('healthcheck') ? { Status: 'healthy' } : inspected }), podman);
    const spec = { engine: { port: null, healthcheck: null, ...own } as never };
    return readiness(http, local, [engine], spec).then((result) => ({ ...result, calls }));
  };

  test('that runs is ready', async () => {
    expect(await seen({})).toMatchObject({ ready: true, waiting: [], failed: null });
  });

  test.each([
    ['has its own healthcheck', { healthcheck: check }, 'healthcheck (exit code 1: no response)'],
    ['has its image’s healthcheck alone', {}, "its image's healthcheck (exit code 1: no response)"],
  ])('is waited for until it is healthy: it %s', async (_, own, waits) => {
    const { ready, waiting } = await seen({ Health: { Status: 'starting', Log: log } }, { Healthcheck: { Test: command } }, own);
    expect([ready, waiting]).toEqual([false, [{ container: 'engine', for: waits, listed: true }]]);
  });

  test.each(['healthy', 'none', ''])('is ready where its health is %j', async (Status) => {
    expect(await seen({ Health: { Status } }, { Healthcheck: { Test: command } })).toMatchObject({ ready: true });
  });

  test.each<[string, object, object, object]>([
    [
      'unhealthy',
      { Health: { Status: 'unhealthy', FailingStreak: 12, Log: log } },
      { healthcheck: check },
      { reason: 'is unhealthy: its healthcheck failed 12 times in a row, the last time: exit code 1: no response' },
    ],
    [
      'unhealthy by its image’s check',
      { Health: { Status: 'unhealthy', FailingStreak: 1, Log: [{ ExitCode: -1, Output: '' }] } },
      {},
      { reason: "is unhealthy: its image's own healthcheck failed once, the last time: it took too long" },
    ],
    ['paused', { Status: 'paused' }, {}, { reason: 'is paused' }],
    ['ended', { Status: 'exited', Running: false, ExitCode: 3 }, {}, { reason: 'ended with exit code 3' }],
    [
      'killed for its memory',
      { Status: 'exited', Running: false, ExitCode: 137, OOMKilled: true },
      {},
      { reason: 'was killed because it used more memory than its limit (exit code 137)' },
    ],
    [
      'not begun',
      { Status: 'exited', Running: false, ExitCode: 127, Error: 'exec: "x": not found' },
      {},
      { reason: 'did not start: exec: "x": not found' },
    ],
  ])('that is %s is a failure', async (_, state, own, failed) => {
    const result = await seen(state, { Healthcheck: { Test: command } }, own);
    expect(result).toMatchObject({ ready: false, failed: { container: 'engine', ...failed } });
  });

  test('that is made and not started is waited for', async () => {
    expect(await seen({ Status: 'created', Running: false })).toMatchObject({ ready: false, waiting: [{ for: 'start' }] });
  });

  test('on podman is inspected again: its list does not show health', async () => {
    const { waiting } = await seen({ Status: 'created', Running: false }, {}, {}, '4.3.1');
    expect(waiting).toEqual([{ container: 'engine', for: 'start' }]);
  });

  test('that is to end is waited for, and done with 0', async () => {
    const once = { Labels: { [labelKeys.once]: 'true' } };
    expect(await seen({}, once)).toMatchObject({ ready: false, waiting: [{ for: 'its end' }] });
    expect(await seen({ Status: 'exited', Running: false, ExitCode: 0 }, once)).toMatchObject({ ready: true });
  });

  test('on podman a check that is not known to pass is run', async () => {
    const { ready, calls } = await seen(
      { Health: { Status: 'unhealthy', FailingStreak: 1 } },
      { Healthcheck: { Test: command } },
      {},
      '4.3.1',
    );
    expect([ready, calls.at(-1)]).toEqual([true, 'GET /libpod/containers/a/healthcheck']);
  });
});
