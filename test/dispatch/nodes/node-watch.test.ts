import { expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/ports/backend.js';
import { NodeWatch } from '../../../src/dispatch/nodes/node-watch.js';
import { steppedClock } from '../../support/stepped-clock.js';
import { afterTest } from '../../support/temp-dir.js';

/** A node without workers, on a clock that the test moves. */
function watched(more: Partial<Backend>) {
  const clock = steppedClock();
  const looks: number[] = [];
  const began = clock.now();
  const backend = {
    list: () => (looks.push(clock.now() - began), Promise.resolve([])),
    clockSkew: () => Promise.resolve(0),
    ...{ changed: null, lookEvery: null, ...more },
  } as unknown as Backend;
  const watch = new NodeWatch(() => Promise.resolve(backend), clock, { answered() {}, silent() {} });
  const stop = new AbortController();
  void watch.watch(() => 5000, stop.signal);
  afterTest(() => stop.abort());
  return { clock, looks, watch };
}

test('a node is looked at after each pause', async () => {
  const { clock, looks } = watched({});
  await clock.advance(12_000);
  expect(looks).toEqual([0, 5000, 10_000]);
});

test('a node where looks are expensive is looked at by its own pace', async () => {
  const { clock, looks } = watched({ lookEvery: 30_000 });
  await clock.advance(70_000);
  expect(looks).toEqual([0, 30_000, 60_000]);
});

test('an event of the node comes before the pause', async () => {
  let first = true;
  const { clock, looks } = watched({
    changed(signal) {
      const ms = first ? 700 : 60_000;
      first = false;
      return clock.sleep(ms, signal);
    },
  });
  await clock.advance(6000);
  expect(looks).toEqual([0, 700, 5700]);
});

test('all who ask during a look share the next one', async () => {
  const { clock, looks, watch } = watched({});
  await clock.advance(0);
  await Promise.all([watch.look(), watch.look(), watch.look()]);
  expect(looks).toHaveLength(2);
});

test('the skew of a node stays while its clock does, whatever looks take and dates are rounded to', async () => {
  const skews = [10_000, 9000, 11_900, 3_610_000, 3_610_900];
  const { clock, watch } = watched({
    list: () => clock.sleep(700).then(() => []),
    clockSkew: () => Promise.resolve(skews.shift() ?? 0),
  });
  const seen: unknown[] = [];
  for (let look = 0; look < 5; look += 1) {
    await clock.advance(5700);
    seen.push(watch.last?.skew);
  }
  expect(seen).toEqual([10_000, 10_000, 10_000, 3_610_000, 3_610_000]);
});
