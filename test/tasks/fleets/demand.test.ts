import { expect, test } from 'vitest';
import type { Claim } from '../../../src/tasks/fleets/claim.js';
import { Demand } from '../../../src/tasks/fleets/demand.js';

const claim: Claim = { id: '1', by: 'task 1', worker: 'a', container: 'engine', cpu: 10, memory: 10, timeout: 1000 };

test('a worker is idle from the end of its last claim, and one that is gone never', () => {
  const demand = new Demand();
  demand.changed(claim, null, 1);
  expect([demand.isBusy('a'), demand.idleSince('a')]).toEqual([true, null]);
  demand.changed(null, claim, 2);
  expect([demand.isBusy('a'), demand.idleSince('a')]).toEqual([false, 2]);
  demand.changed(claim, null, 3);
  demand.forget('a');
  demand.changed(null, claim, 4);
  expect([demand.isBusy('a'), demand.idleSince('a')]).toEqual([false, null]);
});
