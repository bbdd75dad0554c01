import { expect, test } from 'vitest';
import { keepAlive, untilGranted } from '../../src/cli/commands/allocation/keep-alive.js';
import type { AllocationClient } from '../../src/client/allocations.js';
import type { AllocationReply } from '../../src/client/documents.js';
import { MayflyError } from '../../src/errors.js';
import { manualClock } from '../support/manual-clock.js';

const ended = new MayflyError('not_possible', { cause: 'the allocation is closing: expired', remedy: 'add another allocation' });

/** An allocation with an interval of 10 s, granted after 4 s, and closing `after` ms. It ends where a renewal is late. */
function scene(after: number) {
  const clock = manualClock(0);
  let renewBy = 10_000;
  const renewals: number[] = [];
  const state = () => (clock.now() >= after ? 'closing' : clock.now() < 4_000 ? 'waiting' : 'granted');
  const reply = () => {
    if (clock.now() > renewBy) throw new Error(`no renewal arrived by ${renewBy}`);
    return { id: 'a', state: state(), interval: 10, waits_because: null, granted: {}, reason: null } as unknown as AllocationReply;
  };
  const client = {
    one: () => Promise.resolve(reply()),
    renew() {
      // The allocation may end between a look and its renewal.
      if (clock.now() + 500 >= after) return Promise.reject(ended);
      renewals.push(clock.now());
      renewBy = clock.now() + 10_000;
      return Promise.resolve(reply());
    },
  } as unknown as AllocationClient;
  const session = { call: { clock, stop: new AbortController().signal }, note: () => {} } as unknown as Parameters<typeof keepAlive>[0];
  return { session, client, renewals, clock };
}

test('a holder renews at once after the grant, however late the wait has renewed last', async () => {
  const { session, client, renewals } = scene(12_000);
  await untilGranted(session, client, { id: 'a' } as AllocationReply);
  await keepAlive(session, client, { id: 'a' }, ({ state }) => state === 'closing');
  expect(renewals).toEqual([0, 4_000, 9_000]);
});

test('an allocation that ends between a look and its renewal is looked at again', async () => {
  const { session, client, renewals } = scene(5_400);
  const last = await keepAlive(session, client, { id: 'a' }, ({ state }) => state === 'closing');
  expect([last.state, renewals]).toEqual(['closing', [0]]);
});
