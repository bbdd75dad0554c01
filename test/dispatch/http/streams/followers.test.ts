import { expect, test } from 'vitest';
import { untilIdle } from '../../../support/idle.js';
import { until } from '../../../support/poll.js';
import { type Api, api, request } from '../scene.js';
import { openStream, parsed } from './scene.js';

const whole = 'queued placed provisioning ready worker_gone completed';

/** A run from its submission to its end. @returns its id */
async function live(scene: Api): Promise<string> {
  const { id } = (await scene.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  const { worker } = await scene.until(id, 'running');
  scene.hand.exit(worker as string, 'engine', 0);
  await scene.until(id, 'completed');
  return id;
}

test('100 followers share one read for each commit', async () => {
  const scene = await api();
  const streams = await Promise.all(Array.from({ length: 100 }, () => openStream(scene, '/v1/events')));
  await untilIdle();
  let [reads, commits] = [0, 0];
  const { feed } = scene.store;
  scene.store.feed = (query) => {
    reads += 1;
    return feed(query);
  };
  scene.store.commits.listen(() => (commits += 1));
  await live(scene);
  for (const stream of streams) expect(parsed(await stream.text()).types.join(' ')).toBe(whole);

  expect([reads > 0, reads <= commits]).toEqual([true, true]);
});

test('a run is placed and ends at the same time while a page of 100 followers is read for ever', async () => {
  const scene = await api();
  const began = scene.clock.now();
  await live(scene);
  const alone = scene.clock.now() - began;
  await Promise.all(Array.from({ length: 50 }, () => openStream(scene, '/v1/events')));
  await Promise.all(Array.from({ length: 50 }, (_, after) => openStream(scene, `/v1/events?after=${after % 3}`)));
  scene.store.feed = () => new Promise(() => {});
  const later = scene.clock.now();
  await live(scene);
  expect(scene.clock.now() - later).toBe(alone);
});

test('other work goes on between two pages', async () => {
  const scene = await api();
  const { id } = (await scene.ask('/v1/runs', { body: { spec: request } })).body as { id: string };
  await Promise.all(Array.from({ length: 950 }, (_, at) => scene.store.addEvent(id, 0, { at, type: 'note', data: {} })));
  let turn = 0;
  const count = () => {
    turn += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const turns: number[] = [];
  const { feed } = scene.store;
  scene.store.feed = (query) => {
    turns.push(turn);
    return feed(query);
  };
  await Promise.all(['', '&type=note', '&type=none'].map((query) => openStream(scene, `/v1/events?after=0${query}`)));
  await until('all pages are read', () => turns.length >= 10);
  clearImmediate(next);
  expect(new Set(turns).size).toBe(turns.length);
});
