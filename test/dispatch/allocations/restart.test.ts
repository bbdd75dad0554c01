import { expect, test } from 'vitest';
import { smallSpec } from '../../memory/scene.js';
import { addFleet } from '../fleets/scene.js';
import { serving, type Service } from '../scene.js';

const half = { cpu: 500, memory: 256 };

test('the next process grants nothing twice, and begins the intervals again', async () => {
  const { clock, serve } = await serving();
  const first = await serve();
  const fleet = await addFleet(first, { min: 1, max: 1, spec: smallSpec({ cpu: 1000, memory: 512, max_duration: 600 }) });
  await clock.advance(10_000);
  const add = async ({ dispatcher }: Service, least: typeof half) => {
    const asked = { organisation: 'team', min: least, max: least, labels: {}, ttl: 300_000, interval: 20_000, bodyHash: 'a', by: 'test' };
    return (await dispatcher.tasks.allocationCommands.add({ ...asked, fleet: () => fleet })).allocation;
  };
  const states = async (...all: { id: string }[]) =>
    Promise.all(all.map(async ({ id }) => (await first.store.allocations.allocation(id))!).map(async (one) => (await one).state));
  const one = await add(first, half);
  await first.close();
  await clock.advance(60_000);

  const second = await serve();
  const rest = await add(second, half);
  const more = await add(second, { cpu: 1, memory: 1 });
  await clock.advance(10_000);
  expect(await states(one, rest, more)).toEqual(['granted', 'granted', 'waiting']);
  await clock.advance(15_000);
  expect(await states(one)).toEqual(['ended']);
});
