import { expect, test } from 'vitest';
import type { Backend } from '../../src/backends/ports/backend.js';
import { systemClock } from '../../src/clock.js';
import { KeeperClient } from '../../src/keeper/client.js';
import { runKeeper } from '../../src/keeper/daemon.js';
import { StateLayout } from '../../src/state/layout.js';
import { until } from '../support/poll.js';
import { afterTest, tempDir } from '../support/temp-dir.js';

const request = { backend: 'aws' as const, endpoint: 'ecs:eu-west-1/mayfly', env: {} };

/** A backend with nothing in it, whose credentials are one account's. */
function accountOf(number: string): Pick<Backend, 'name' | 'endpoint' | 'account' | 'list' | 'tidy' | 'close'> {
  return {
    name: 'aws',
    endpoint: request.endpoint,
    account: () => Promise.resolve(number),
    list: () => Promise.resolve([]),
    tidy: () => Promise.resolve([]),
    close: () => {},
  };
}

test('a keeper with the keys of another account says so: it could not end the worker', async () => {
  const layout = new StateLayout(await tempDir('keeper'), systemClock);
  const stop = new AbortController();
  const log = { info: () => {}, warn: () => {} };
  const openBackend = () => Promise.resolve(accountOf('111111111111') as Backend);
  const over = runKeeper({
    version: '0.1.0',
    layout,
    clock: systemClock,
    log,
    openBackend,
    requestFor: () => Promise.resolve(request),
    resident: null,
    signal: stop.signal,
  });
  afterTest(async () => {
    stop.abort();
    await over;
  });
  const client = new KeeperClient({ layout, clock: systemClock, env: process.env, version: '0.1.0', command: ['true'] });
  await until('it answers', async () => (await client.status()).kind === 'alive');
  (await client.arm({ ...request, account: '111111111111' })).release();
  await expect(client.arm({ ...request, account: '222222222222' })).rejects.toMatchObject({
    code: 'not_armed',
    message: expect.stringContaining('its credentials are of account 111111111111, not of 222222222222') as string,
  });
});
