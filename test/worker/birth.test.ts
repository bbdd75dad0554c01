import { expect, test } from 'vitest';
import { labelKeys } from '../../src/labels.js';
import { applyWorker } from '../../src/worker/apply.js';
import type { Birth } from '../../src/worker/birth.js';
import { manualClock } from '../support/manual-clock.js';
import { openScene, smallSpec, specOf } from '../memory/scene.js';

/** Ids of a worker's objects, with the labels of their birth: until, dispatcher, name. */
type Born = Record<string, (string | undefined)[]>;

const keys = [labelKeys.until, labelKeys.dispatcher, labelKeys.name];
const given: Birth = { until: 1_800_000_000, dispatcher: 'inst-0001', name: 'ci' };

/** The clock of the scene: 1,700,000,000 s. */
async function born() {
  const scene = await openScene({ clock: manualClock(1_700_000_000_500) });
  const bornOf = (): Born =>
    Object.fromEntries(scene.node.of('one').map(({ name, labels }) => [name.slice('one/'.length), keys.map((key) => labels[key])]));
  return { ...scene, bornOf };
}

test('the birth that a caller gives is on every object of a new worker, its lease too', async () => {
  const { client, bornOf } = await born();
  await applyWorker(client(), specOf(), { strict: false, birth: given });
  const all = ['1800000000', 'inst-0001', 'ci'];
  expect(bornOf()).toEqual({ engine: all, build: all, db: all, work: all, 'lease-1': all });
});

test('without one, it is the lifetime from now, no dispatcher, and the name of the worker', async () => {
  const { client, bornOf } = await born();
  await applyWorker(client(), smallSpec(), { strict: false });
  expect(bornOf()).toEqual({ engine: ['1700000360', '', 'one'], 'lease-1': ['1700000360', undefined, 'one'] });
});

test('every object has the resources that the spec asks for', async () => {
  const { client, node } = await born();
  await applyWorker(client(), specOf(), { strict: false });
  const asks = new Set(node.of('one').map(({ labels }) => labels[labelKeys.asks]));
  expect([...asks]).toEqual(['cpu=150 memory=48 storage=290', undefined]);
  const [listed] = await client().backend.list('one');
  expect(listed!.labels.asks).toEqual({ cpu: 150, memory: 48, storage: 290 });
});

test('a second creator, and a later edit, keep the birth of the living worker', async () => {
  const { client, bornOf, elsewhere } = await born();
  await applyWorker(client(), smallSpec(), { strict: false, birth: given });
  const layout = await elsewhere();
  await applyWorker(client({ layout }), specOf({ volumes: [], containers: [] }), {
    strict: false,
    birth: { until: 1_900_000_000, dispatcher: 'inst-0002', name: 'other' },
  });
  expect(bornOf()).toMatchObject({ engine: ['1800000000', 'inst-0001', 'ci'], db: ['1800000000', 'inst-0001', 'ci'] });
});
