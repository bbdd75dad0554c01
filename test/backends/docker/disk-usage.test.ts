import { expect, test } from 'vitest';
import { diskUsage } from '../../../src/backends/docker/disk-usage.js';
import { EngineError, type HttpClient } from '../../../src/backends/docker/http-client.js';
import { manualClock } from '../../support/manual-clock.js';

const busy = 'a disk usage operation is already running';

/** A daemon that refuses this many calls. */
function refusing(times: number, message: string): HttpClient {
  const json = () => (times-- > 0 ? Promise.reject(new EngineError(500, message, 'GET /system/df')) : Promise.resolve({ Volumes: [] }));
  return { json } as unknown as HttpClient;
}

test('a daemon that measures for another client is asked again', async () => {
  const clock = manualClock();
  expect(await diskUsage(refusing(2, busy), clock)).toEqual({ Volumes: [] });
  expect(clock.slept).toEqual([500, 500]);
});

test('any other refusal is the error, and so is a daemon that is busy for a minute', async () => {
  await expect(diskUsage(refusing(1, 'no such image'), manualClock())).rejects.toThrow('no such image');
  const clock = manualClock();
  await expect(diskUsage(refusing(1000, busy), clock)).rejects.toThrow(busy);
  expect(clock.slept).toHaveLength(119);
});
