import { expect, test } from 'vitest';
import { Room, Share } from '../../../src/dispatch/results/room.js';

const MB = 2 ** 20;
const room = (used = 0) => Object.assign(new Room({ output: MB, artifacts: 2 * MB, files: 2, total: 10 * MB }), { used });

test('files and bytes of a run are limited', () => {
  const [many, large] = [new Share(room()), new Share(room())];
  expect([many.count(1), many.count(1), many.count(1)?.message]).toEqual([null, null, 'the run has more than 2 files']);
  expect([large.count(2 * MB), large.count(1)?.message]).toEqual([null, 'the run has more than 2 MB of artifacts']);
});

test('bytes of all runs are limited, and given back', () => {
  const full = room(9 * MB);
  const [one, other] = [new Share(full), new Share(full)];
  expect([one.take(MB), other.take(1)?.message]).toEqual([null, 'the results of all runs would have more than 10 MB']);
  one.giveBack();
  expect([full.used, other.take(MB)]).toEqual([9 * MB, null]);
});
