import { expect, test } from 'vitest';
import { Turns } from '../../../src/dispatch/transfers/turns.js';

const never = new AbortController().signal;

/** Work that lasts until `end`. */
function lasting(turns: Turns, containers: string[], signal = never) {
  let end = () => {};
  const log: string[] = [];
  const work = () => {
    log.push('begun');
    return new Promise<void>((resolve) => (end = resolve));
  };
  const done = turns.take(containers, signal, work);
  return { log, end: () => end(), done };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('transfers in opposite directions take turns, and others do not wait for them', async () => {
  const turns = new Turns();
  const there = lasting(turns, ['a', 'b']);
  const back = lasting(turns, ['b', 'a']);
  const other = lasting(turns, ['c', 'd']);
  await settled();
  expect([there.log, back.log, other.log]).toEqual([['begun'], [], ['begun']]);
  there.end();
  await there.done;
  await settled();
  expect(back.log).toEqual(['begun']);
});

test('a failed transfer frees its containers, and a stop ends the wait', async () => {
  const turns = new Turns();
  await expect(turns.take(['a'], never, () => Promise.reject(new Error('broke')))).rejects.toThrow('broke');
  const first = lasting(turns, ['a']);
  const stop = new AbortController();
  const second = lasting(turns, ['a'], stop.signal);
  stop.abort(new Error('stopped'));
  await expect(second.done).rejects.toThrow('stopped');
  first.end();
  await first.done;
  expect(second.log).toEqual([]);
});

test('at most 16 run at a time', async () => {
  const turns = new Turns();
  const all = Array.from({ length: 17 }, (_, index) => lasting(turns, [String(index)]));
  await settled();
  const begun = () => all.filter(({ log }) => log.length > 0).length;
  expect(begun()).toBe(16);
  all[0]!.end();
  await all[0]!.done;
  await settled();
  expect(begun()).toBe(17);
});
