import { expect, test } from 'vitest';
import { EngineError, type HttpClient } from '../../../src/backends/docker/http-client.js';
import { used } from '../../../src/backends/docker/sizes.js';
import { manualClock } from '../../support/manual-clock.js';

test('sizes are measured when the daemon has measured for another client', async () => {
  const asked: string[] = [];
  const json = (_method: string, path: string) => {
    asked.push(path);
    if (path === '/containers/json') return Promise.resolve([]);
    if (path === '/volumes' || asked.filter((one) => one === '/system/df').length > 1) return Promise.resolve({ Volumes: [] });
    return Promise.reject(new EngineError(500, 'a disk usage operation is already running', 'GET /system/df'));
  };
  const clock = manualClock();
  expect(await used({ json } as unknown as HttpClient, clock)).toEqual([]);
  expect(asked.filter((path) => path === '/system/df')).toHaveLength(2);
  expect(clock.slept).toEqual([500]);
});
