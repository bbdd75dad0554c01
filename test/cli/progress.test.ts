import '../support/no-color.js';
import { expect, test } from 'vitest';
import { LiveProgress, plainProgress } from '../../src/cli/progress.js';
import type { MayflyEvent } from '../../src/events.js';
import { manualClock } from '../support/manual-clock.js';

const pull = (image: string, layer: string): MayflyEvent => ({
  type: 'image_progress',
  image,
  layer,
  status: 'Downloading',
  current: 2 ** 20,
  total: 2 ** 21,
});
const started: MayflyEvent = { type: 'resource_started', address: 'a.b', operation: 'create' };
const done: MayflyEvent = { type: 'resource_done', address: 'a.b', operation: 'create', id: '1', elapsedMs: 9999 };
const waiting: MayflyEvent = { type: 'waiting', for: ['engine: port 80'], elapsedMs: 3000 };

test('plain progress has a line a second for each image that is pulled', () => {
  const clock = manualClock();
  const lines: string[] = [];
  const emit = plainProgress((line) => lines.push(line), clock);
  const after = (ms: number, event: MayflyEvent) => {
    clock.advance(ms);
    emit(event);
  };
  after(0, pull('x', '1'));
  after(999, pull('x', '2'));
  after(0, pull('y', '3'));
  after(1, pull('x', '4'));
  after(0, started);
  after(0, done);
  expect(lines).toEqual(['x: 1 Downloading', 'y: 3 Downloading', 'x: 4 Downloading', 'a.b: created in 10.0 s']);
});

test('live progress shows what is in flight, and nothing of what is done', () => {
  const clock = manualClock();
  const live = new LiveProgress(clock);
  expect([live.take(started), live.take(pull('x', '1')), live.take(waiting)]).toEqual([null, null, null]);
  clock.advance(2000);
  expect(live.lines()).toEqual(['a.b: creating … 2.0 s', '  x 1: Downloading 1 MB of 2 MB', 'waiting for engine: port 80 … 5.0 s']);
  expect(live.take(done)).toBe('a.b: created in 10.0 s');
  live.take({ type: 'ready', elapsedMs: 5000, ends: clock.now() + 60_000 });
  expect(live.lines()).toEqual([]);
});

test('live progress has a line for each worker of one address', () => {
  const live = new LiveProgress(manualClock());
  for (const worker of ['one', 'two']) live.take({ ...started, worker });
  live.take({ ...done, worker: 'one' });
  expect(live.lines()).toEqual(['two: a.b: creating … 0.0 s']);
});
