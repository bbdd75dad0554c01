import { describe, expect, test } from 'vitest';
import { OverdueError } from '../../../src/backends/docker/call-life.js';
import { ensureBridge, removeUnusedBridge, withBridge } from '../../../src/backends/docker/network.js';
import { graceSeconds } from '../../../src/spec/worker-spec.js';
import { removeContainer, removeVolume, stopContainer } from '../../../src/backends/docker/remove.js';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { labelKeys } from '../../../src/labels.js';
import { manualClock } from '../../support/manual-clock.js';
import { recordingHttp } from './recording-http.js';

describe('a container is ended', () => {
  test('by TERM, 10 s, KILL, and removed with its anonymous volumes', async () => {
    const { http, calls } = recordingHttp(() => undefined);
    await removeContainer(http, manualClock(), 'a', graceSeconds);
    expect(calls).toEqual(['POST /containers/a/stop {"t":10}', 'DELETE /containers/a {"force":true,"v":true}']);
  });

  test('without TERM where it is to go at once', async () => {
    const { http, calls } = recordingHttp(() => undefined);
    await removeContainer(http, manualClock(), 'a', null);
    expect(calls).toEqual(['DELETE /containers/a {"force":true,"v":true}']);
  });

  test.each([304, 404, 409])('stopped already is success (%d)', async (status) => {
    const { http } = recordingHttp(() => ({ status }));
    await expect(stopContainer(http, 'a', 10)).resolves.toBeUndefined();
  });

  test('any other answer is an error', async () => {
    const { http } = recordingHttp(() => ({ status: 500, message: 'boom' }));
    await expect(stopContainer(http, 'a', 10)).rejects.toMatchObject({ status: 500 });
  });

  test.each([
    [true, ['POST /containers/a/stop {"t":10}', 'GET /containers/a/json', 'POST /containers/a/kill']],
    [false, ['POST /containers/a/stop {"t":10}', 'GET /containers/a/json']],
  ])('where the answer to TERM is lost, by KILL if it runs still: %s', async (Running, expected) => {
    const { http, calls } = recordingHttp((call) => {
      if (call.includes('/stop')) return new OverdueError(call, 1000, 'unix:///a');
      return { body: { State: { Running } } };
    });
    await stopContainer(http, 'a', 10);
    expect(calls).toEqual(expected);
  });

  test('gone already is success; what is busy is tried 40 times, 50 ms apart', async () => {
    const gone = recordingHttp(() => ({ status: 404 }));
    await removeContainer(gone.http, manualClock(), 'a', null);
    expect(gone.calls).toHaveLength(1);
    const clock = manualClock();
    const busy = recordingHttp(() => ({ status: 409, message: 'in use' }));
    await expect(removeContainer(busy.http, clock, 'abcdef0123456789', null)).rejects.toMatchObject({
      code: 'destroy_failed',
      message: expect.stringContaining('abcdef012345') as string,
    });
    expect([busy.calls.length, clock.slept.length, clock.slept[0]]).toEqual([40, 39, 50]);
  });
});

describe('a volume goes by its name, which another may have', () => {
  const createdAt = Date.parse('2026-01-01T00:00:00Z');
  const volume = { id: 'mayfly-w.work', worker: 'w', createdAt } as OwnedObject;
  const labels = { [labelKeys.worker]: 'w', [labelKeys.address]: 'docker_volume.work', [labelKeys.lifetime]: '600' };
  const inspected = (more: object) => ({ body: { Name: 'mayfly-w.work', CreatedAt: '2026-01-01T00:00:00Z', Labels: labels, ...more } });

  test.each<[string, object, boolean]>([
    ['the same: removed', {}, true],
    ['made again since: left', { CreatedAt: '2026-01-01T00:00:01Z' }, false],
    ['another worker’s: left', { Labels: { ...labels, [labelKeys.worker]: 'x' } }, false],
    ['without labels: left', { Labels: null }, false],
  ])('%s', async (_, more, removed) => {
    const { http, calls } = recordingHttp(() => inspected(more));
    await removeVolume(http, manualClock(), volume);
    expect(calls.includes('DELETE /volumes/mayfly-w.work')).toBe(removed);
  });

  test('gone: nothing to do', async () => {
    const { http, calls } = recordingHttp(() => ({ status: 404 }));
    await removeVolume(http, manualClock(), volume);
    expect(calls).toEqual(['GET /volumes/mayfly-w.work']);
  });
});

describe('the bridge that all workers share', () => {
  test('lets no traffic through between workers, and is known by its label', async () => {
    let isMade = false;
    const { http, bodies } = recordingHttp((call) => {
      if (call.startsWith('POST')) isMade = true;
      return { body: isMade ? [{ Name: 'mayfly', Id: 'n', Labels: { 'dev.mayfly.network': 'bridge' } }] : [] };
    });
    await ensureBridge(http);
    expect(bodies).toEqual([
      {
        Name: 'mayfly',
        CheckDuplicate: true,
        Driver: 'bridge',
        Labels: { 'dev.mayfly.network': 'bridge' },
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      },
    ]);
  });

  test('of another maker is refused', async () => {
    const { http } = recordingHttp(() => ({ body: [{ Name: 'mayfly', Id: 'n', Labels: {} }] }));
    await expect(ensureBridge(http)).rejects.toMatchObject({ code: 'foreign_object', place: { path: 'mayfly' } });
  });

  test.each([
    ['network mayfly not found', 2],
    ['network mayfly is ambiguous (2 matches found on name)', 2],
    ['no such image', 1],
  ])('is made for a container that was refused with "%s": tries: %d', async (message, tries) => {
    const { http } = recordingHttp(() => ({ body: [{ Name: 'mayfly', Id: 'n', Labels: { 'dev.mayfly.network': 'bridge' } }] }));
    const failing = recordingHttp(() => ({ status: 404, message }));
    await expect(withBridge(http, () => failing.http.text('POST', '/containers/create'))).rejects.toThrow(message);
    expect(failing.calls).toHaveLength(tries);
  });

  test.each<[string, object, boolean, boolean, boolean]>([
    ['used by nobody', { Labels: { 'dev.mayfly.network': 'bridge' }, Containers: {} }, false, true, true],
    ['used by nobody, only asked', { Labels: { 'dev.mayfly.network': 'bridge' }, Containers: {} }, true, true, false],
    ['in use', { Labels: { 'dev.mayfly.network': 'bridge' }, Containers: { a: {} } }, false, false, false],
    ['of another maker', { Labels: {}, Containers: {} }, false, false, false],
  ])('%s', async (_, network, dryRun, went, removed) => {
    const one = { Name: 'mayfly', Id: 'n', ...network };
    const { http, calls } = recordingHttp((call) => ({ body: call.startsWith('GET /networks {') ? [one] : one }));
    expect(await removeUnusedBridge(http, dryRun)).toBe(went);
    expect(calls.includes('DELETE /networks/n')).toBe(removed);
  });
});
