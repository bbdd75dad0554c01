import { expect, test } from 'vitest';
import { Turns } from '../../../src/dispatch/transfers/turns.js';

const never = new AbortController().signal;

/** Work that lasts until `end`. */
function lasting(turns: Turns, containers: string[], signal = never, organisation = 'team') {
  let end = () => {};
  const log: string[] = [];
  const work = () => {
    log.push('begun');
    return new Promise<void>((resolve) => (end = resolve));
  };
  const done = turns.take({ organisation, containers }, signal, work);
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
  await expect(turns.take({ organisation: 'team', containers: ['a'] }, never, () => Promise.reject(new Error('broke')))).rejects.toThrow(
    'broke',
  );
  const first = lasting(turns, ['a']);
  const stop = new AbortController();
  const second = lasting(turns, ['a'], stop.signal);
  stop.abort(new Error('stopped'));
  await expect(second.done).rejects.toThrow('stopped');
  first.end();
  await first.done;
  expect(second.log).toEqual([]);
});

test('at most 16 run at a time, and 8 of one organisation', async () => {
  const turns = new Turns();
  const of = (organisation: string, count: number) =>
    Array.from({ length: count }, (_, index) => lasting(turns, [`${organisation}${index}`], never, organisation));
  const begun = (all: { log: string[] }[]) => all.filter(({ log }) => log.length > 0).length;
  const [team, rival] = [of('team', 9), of('rival', 7)];
  await settled();
  expect([begun(team), begun(rival)]).toEqual([8, 7]);
  const third = of('third', 2);
  await settled();
  expect(begun(third)).toBe(1);
  team[0]!.end();
  await team[0]!.done;
  await settled();
  expect([begun(team), begun(third)]).toEqual([9, 1]);
});
