import { expect, test } from 'vitest';
import { serving, submissionOf } from '../scene.js';
import { smallSpec } from '../../memory/scene.js';
import { addFleet, workersOf } from './scene.js';

/** In the order of the settings, and of their names. */
const [dear, cheap] = ['memory@one', 'memory@two'] as const;

/** A full node that costs nothing, and two with prices. The dear one has the room of three workers, the cheap one of two. */
async function priced() {
  const scene = await serving({ others: [dear, cheap] });
  scene.others.get(dear)!.price = 3.6;
  scene.others.get(cheap)!.price = 0.36;
  Object.assign(scene.node.has, { cpu: 10 });
  Object.assign(scene.others.get(dear)!.has, { cpu: 150 });
  Object.assign(scene.others.get(cheap)!.has, { cpu: 100 });
  return { ...scene, service: await scene.serve() };
}

test('a fleet grows on the cheapest node first, as its events report', async () => {
  const { service, clock } = await priced();
  const fleet = await addFleet(service, { min: 3, max: 3 });
  await clock.advance(20_000);
  // They are queued at the same time, so their own order is that of random ids.
  const places = workersOf(service, fleet).map(({ state, node }) => `${state} on ${node}`);
  expect(places.sort()).toEqual([`running on ${dear}`, `running on ${cheap}`, `running on ${cheap}`]);
  const events = await service.store.fleets.events({ fleet: fleet.id, limit: 100 });
  expect(events.flatMap(({ type, data }) => (type === 'grown' ? [[data['node'], data['usd_per_hour']]] : []))).toEqual([
    ...[
      [cheap, 0.36],
      [cheap, 0.36],
      [dear, 3.6],
    ],
  ]);
});

test('a run that waits no longer pays for the cheaper of two nodes', async () => {
  const { service, node, clock } = await priced();
  Object.assign(node.has, { cpu: 50 });
  const first = await service.submit(submissionOf(smallSpec({ max_duration: 280 })));
  await service.until(first.id, 'running');
  const patient = await service.submit({ ...submissionOf(smallSpec()), maxWait: 600_000 });
  const hasty = await service.submit({ ...submissionOf(smallSpec()), maxWait: 60_000 });
  await service.until(hasty.id, 'running');
  await clock.advance(5000);
  const placed = await Promise.all([first, patient, hasty].map(({ id }) => service.run(id)));
  expect(placed.map((run) => run.node)).toEqual(['memory', null, cheap]);
});
