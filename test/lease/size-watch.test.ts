import { expect, test } from 'vitest';
import type { Outgrown } from '../../src/backends/ports/sizes.js';
import type { OwnedObject } from '../../src/backends/ports/owned-object.js';
import type { OwnLabels } from '../../src/backends/shared/own-labels.js';
import { describeOutgrown, sizeWatch } from '../../src/lease/size-watch.js';
import { manualClock } from '../support/manual-clock.js';

const settle = () => new Promise((resolve) => setImmediate(resolve));

function object(labels: Partial<OwnLabels>): OwnedObject {
  const rest = { type: 'docker_volume', address: '', createdAt: 0, status: 'present' as const, exitCode: null };
  return { id: 'v', name: 'v', worker: 'w', labels: { worker: 'w', address: '', ...labels }, ...rest };
}
const sized = object({ storage: 5 });

function outgrown(worker: string, what: string): Outgrown {
  return { worker, what, usedMB: 6, sizeMB: 5 };
}

/** Measurements end when the test says so. */
function watching() {
  const clock = manualClock();
  const asked: { resolve(found: Outgrown[]): void; reject(error: Error): void }[] = [];
  const [found, errors]: [string[], unknown[]] = [[], []];
  const stop = new AbortController();
  const look = sizeWatch({
    sizes: { used: () => new Promise((resolve, reject) => asked.push({ resolve, reject })) },
    clock,
    signal: stop.signal,
    onOutgrown: (one) => found.push(`${one.worker}: ${describeOutgrown(one)}`),
    onError: (error) => errors.push(error),
  });
  return { clock, asked, found, errors, stop, look };
}

test('it measures 30 s after the first sight, never two at a time, and 30 s after each answer', async () => {
  const { clock, asked, look } = watching();
  look([sized]);
  clock.advance(29_999);
  look([sized]);
  expect(asked).toHaveLength(0);
  clock.advance(1);
  look([sized]);
  expect(asked).toHaveLength(1);
  clock.advance(300_000);
  look([sized]);
  expect(asked).toHaveLength(1);
  asked[0]!.resolve([]);
  await settle();
  look([sized]);
  clock.advance(29_999);
  look([sized]);
  expect(asked).toHaveLength(1);
  clock.advance(1);
  look([sized]);
  expect(asked).toHaveLength(2);
});

test.each<[string, OwnedObject[]]>([
  ['there is nothing', []],
  ['nothing has a size', [object({})]],
])('it asks for nothing where %s', (_name, objects) => {
  const { clock, asked, look } = watching();
  for (let step = 0; step < 3; step += 1) {
    look(objects);
    clock.advance(30_000);
  }
  expect(asked).toHaveLength(0);
});

test('each worker is told once, with the first of what it outgrew', async () => {
  const { clock, asked, found, look } = watching();
  look([sized]);
  clock.advance(30_000);
  look([sized]);
  asked[0]!.resolve([outgrown('a', 'volume work'), outgrown('a', 'engine'), outgrown('b', 'container build')]);
  await settle();
  expect(found.sort()).toEqual(['a: volume work uses 6 MB of 5 MB', 'b: container build uses 6 MB of 5 MB']);
});

test('a measurement that fails is told and tried again, one that was aborted is not told', async () => {
  const { clock, asked, errors, stop, look } = watching();
  look([sized]);
  for (let time = 0; time < 2; time += 1) {
    clock.advance(30_000);
    look([sized]);
    if (time === 1) stop.abort();
    asked[time]!.reject(new Error('a disk usage operation is already running'));
    await settle();
    expect(errors).toHaveLength(1);
  }
});
