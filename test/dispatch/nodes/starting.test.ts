import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../src/backends/ports/backend.js';
import type { OwnedObject } from '../../../src/backends/ports/owned-object.js';
import { NodeWatch } from '../../../src/dispatch/nodes/node-watch.js';
import { Starting } from '../../../src/dispatch/nodes/starting.js';
import { smallSpec } from '../../memory/scene.js';
import { steppedClock } from '../../support/stepped-clock.js';
import { serving, submissionOf } from '../scene.js';

const check = { command: ['CMD', 'true'] };
const crowd = 200;

/** A service that makes so many workers at once, with engines that do not get ready until the test says so. */
async function startingWorkers(engine: object, count: number, settings: object = {}) {
  const scene = await serving();
  Object.assign(scene.node.has, { cpu: 50 * count, memory: 16 * count });
  const started = new Set<string>();
  scene.node.on('changed', () => {
    for (const { id, run } of scene.node.list()) {
      if (run === null || run.status !== 'running' || started.has(id)) continue;
      started.add(id);
      Object.assign(run, { health: 'starting', listens: false });
    }
  });
  const service = await scene.serve({ making: count, batch: count, ...settings });
  const spec = smallSpec({ engine: { command: ['serve'], ...engine } });
  const ids = await Promise.all(
    Array.from({ length: count }, async () => (await service.dispatcher.intake.submit(submissionOf(spec))).run.id),
  );
  for (let left = 100; started.size < count && left > 0; left -= 1) await scene.clock.advance(10);
  expect(started.size).toBe(count);
  const { calls } = service.client.faults;
  return {
    ...{ scene, service, ids },
    /** The number of calls of each kind in the next `ms`. */
    async callsIn(ms: number) {
      const from = calls.length;
      await scene.clock.advance(ms);
      const now = calls.slice(from).map((call) => call.split(' ')[0]!);
      return { list: now.filter((name) => name === 'list').length, inspect: now.filter((name) => name === 'inspect').length };
    },
    async stateOf(id: string) {
      return (await service.run(id)).state;
    },
  };
}

describe('workers that get ready', () => {
  test('by their healthchecks share one look each 250 ms, and are inspected when it shows a change', async () => {
    const { scene, service, ids, callsIn, stateOf } = await startingWorkers({ healthcheck: check }, crowd);
    await scene.clock.advance(1000);
    // Two of them are the usual looks.
    expect(await callsIn(10_000)).toEqual({ list: 42, inspect: 0 });
    const { worker } = await service.run(ids[7]!);
    scene.hand.health(worker!, 'engine', 'healthy');
    const { inspect } = await callsIn(300);
    expect([inspect > 0 && inspect < 10, await stateOf(ids[7]!), await stateOf(ids[8]!)]).toEqual([true, 'running', 'provisioning']);
  });

  test('by their ports are inspected in turn, 50 in a second', async () => {
    const { callsIn, scene } = await startingWorkers({ port: 80 }, crowd);
    await scene.clock.advance(5000);
    expect((await callsIn(8000)).inspect).toBe(400);
  });
});

/** A worker `one` on a node, in the state that the test sets. */
function oneWorker() {
  const clock = steppedClock();
  const began = clock.now();
  const node = { state: 'checking', error: null as Error | null, looks: [] as number[] };
  const objects = (): Partial<OwnedObject>[] => [
    { id: 'a', worker: 'one', status: 'running', ...(node.state === 'checking' && { starting: true }) },
  ];
  const backend = {
    ...{ changed: null, lookEvery: null, clockSkew: () => Promise.resolve(0) },
    list() {
      node.looks.push(clock.now() - began);
      return node.error ? Promise.reject(node.error) : Promise.resolve(objects());
    },
  } as unknown as Backend;
  const watch = new NodeWatch(() => Promise.resolve(backend), clock, { answered() {}, silent() {} });
  const pause = new Starting(watch, clock).pauses('one', backend);
  const stop = new AbortController();
  /** Milliseconds after which the pause was over; `null`: it lasts. */
  const paused = (listed: boolean, within = 60_000) => {
    const [from, result] = [clock.now(), { after: null as number | null }];
    const waits = [{ container: 'engine', for: 'something', ...(listed && { listed }) }];
    void pause(waits, within, stop.signal).then(() => (result.after = clock.now() - from));
    return result;
  };
  return { clock, node, paused };
}

describe('a pause between two inspections', () => {
  test('ends at the first look, since the worker may have changed between the inspection and the look', async () => {
    const { clock, paused } = oneWorker();
    const pause = paused(true);
    await clock.advance(0);
    expect(pause.after).toBe(0);
  });

  test('lasts until a look shows another state', async () => {
    const { clock, node, paused } = oneWorker();
    paused(true);
    await clock.advance(0);
    const second = paused(true);
    await clock.advance(1000);
    expect(second.after).toBeNull();
    node.state = 'checked';
    await clock.advance(250);
    expect(second.after).toBe(1250);
    expect(node.looks).toEqual([0, 0, 250, 500, 750, 1000, 1250]);
  });

  test.each([true, false])('ends at the deadline of the apply (listed: %s)', async (listed) => {
    const { clock, paused } = oneWorker();
    paused(true);
    await clock.advance(0);
    const pause = paused(listed, 20);
    await clock.advance(100);
    expect(pause.after).toBe(20);
  });

  test('lets a silent node rest for 2 s between two looks, and ends when it answers again', async () => {
    const { clock, node, paused } = oneWorker();
    node.error = new Error('it does not answer');
    const pause = paused(true);
    await clock.advance(3000);
    node.error = null;
    await clock.advance(1500);
    expect([pause.after, node.looks]).toEqual([4000, [0, 2000, 4000]]);
  });

  test('is short at first for a condition that looks do not show, and makes no look', async () => {
    const { clock, node, paused } = oneWorker();
    const lengths: (number | null)[] = [];
    for (let count = 0; count < 15; count += 1) {
      const pause = paused(false);
      await clock.advance(300);
      lengths.push(pause.after);
    }
    expect([lengths.slice(0, 4), lengths.at(-1), node.looks]).toEqual([[25, 30, 36, 43], 250, []]);
  });
});
