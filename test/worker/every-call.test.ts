import { describe, expect, test } from 'vitest';
import type { MayflyError } from '../../src/errors.js';
import { currentLease } from '../../src/lease/deadline.js';
import { sweep } from '../../src/lease/sweep.js';
import { applyWorker } from '../../src/worker/apply.js';
import { destroyWorker } from '../../src/worker/destroy.js';
import { extendWorker } from '../../src/worker/extend.js';
import { bury, type Client, openScene, type Scene, specOf, thingsOf } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { manualClock } from '../support/manual-clock.js';

const whole = ['build running', 'db running', 'engine running', 'lease-1 present', 'work present'];
const moments = ['before', 'after'] as const;

type Stage = Scene & { clock: ReturnType<typeof manualClock>; foreign: string[] };

/** A node with somebody else's objects, under names that look like ours. */
async function stage(made: boolean): Promise<Stage> {
  const clock = manualClock();
  const scene = await openScene({ clock });
  if (made) await applyWorker(scene.client(), specOf(), { strict: false });
  const foreign = [scene.hand.plant('memory_container', 'one', 'engine-2'), scene.hand.plant('memory_volume', 'one2', 'work')];
  return { ...scene, clock, foreign };
}

/** Ours alone. */
const left = ({ node, foreign }: Stage) =>
  node
    .list()
    .filter(({ id }) => !foreign.includes(id))
    .map(({ name }) => name);
const touched = ({ node, foreign }: Stage) => foreign.filter((id) => node.find(id) === null);

interface Doing {
  /** Whether the worker is there before. */
  made: boolean;
  /** Milliseconds that pass before it. */
  later?: number;
  run(client: Client): Promise<unknown>;
}

const hours = 3 * 3_600_000;
const sweepBy = ({ backend, layout, clock }: Client) => sweep({ backend, layout, clock, dryRun: false, lockTimeout: 0 });

const doings: Record<string, Doing> = {
  apply: { made: false, run: (client) => applyWorker(client, specOf(), { strict: false }) },
  'an edit': { made: true, run: (client) => applyWorker(client, specOf({ memory: 32, max_duration: 400 }), { strict: false }) },
  extend: { made: true, run: (client) => extendWorker(client, 'one', 60) },
  destroy: { made: true, run: (client) => destroyWorker(client, 'one', {}) },
  'the end in time': { made: true, later: hours, run: sweepBy },
};

/** One command that finishes what was begun. A name that nothing knows is gone already. */
const recoveries: Record<string, (stage: Stage) => Promise<unknown>> = {
  async destroy({ client }) {
    await destroyWorker(client(), 'one', {}).catch((error: MayflyError) => expect(error.code).toBe('worker_unknown'));
  },
  async 'destroy from another machine'({ client, elsewhere }) {
    const there = client({ layout: await elsewhere() });
    await destroyWorker(there, 'one', {}).catch((error: MayflyError) => expect(error.code).toBe('worker_unknown'));
  },
  async 'a sweep after its time'({ client, clock }) {
    clock.advance(hours);
    const { workers } = await sweepBy(client());
    expect(workers.map(({ error }) => error)).toEqual(workers.map(() => null));
  },
  async 'apply again, destroy'(scene) {
    const { node, client } = scene;
    await applyWorker(client(), specOf(), { strict: false });
    const ours = thingsOf(node).filter((thing) => thing !== 'engine-2 created');
    // Two leases may be left of an extend: the later counts.
    expect([...new Set(ours.map((thing) => thing.replace(/lease-\d+/, 'lease-1')))]).toEqual(whole);
    await destroyWorker(client(), 'one', {});
  },
};

/** Calls of an unharmed run. */
async function callsOf({ made, later = 0, run }: Doing): Promise<number> {
  const scene = await stage(made);
  scene.clock.advance(later);
  const client = scene.client();
  await run(client);
  return client.faults.calls.length;
}

describe.each(Object.entries(doings))('%s', (_name, doing) => {
  test('killed at each call, one command finishes it and touches nothing foreign', async () => {
    const names = Object.keys(recoveries);
    const calls = await callsOf(doing);
    expect(calls).toBeGreaterThan(5);
    for (let point = 0; point < 2 * calls; point += 1) {
      const [at, moment] = [Math.floor(point / 2) + 1, moments[point % 2]!];
      // Each call meets two recoveries, and each recovery both moments.
      const recovery = names[(point + Math.floor(point / names.length)) % names.length]!;
      const scene = await stage(doing.made);
      scene.clock.advance(doing.later ?? 0);
      const victim = scene.client();
      victim.faults.crashAt(at, moment);
      await Promise.race([victim.faults.death, doing.run(victim)]);
      await untilIdle();
      const where = `killed ${moment} ${victim.faults.calls.at(-1)} (${at}), then ${recovery}`;
      expect(victim.faults.calls.length, where).toBeGreaterThanOrEqual(at);
      bury(scene.layout);
      await recoveries[recovery]!(scene);
      expect([left(scene), touched(scene)], where).toEqual([[], []]);
      if (recovery === 'destroy') expect(await scene.layout.known(), where).toEqual([]);
    }
  });
});

describe('a connection that breaks at each call', () => {
  test('fails an apply, which leaves nothing behind, or says so', async () => {
    const doing = doings['apply']!;
    const calls = await callsOf(doing);
    for (let point = 0; point < 2 * calls; point += 1) {
      const scene = await stage(false);
      const client = scene.client();
      client.faults.breakAt(Math.floor(point / 2) + 1, moments[point % 2]!);
      await expect(doing.run(client)).rejects.toThrow();
      const where = `broken ${moments[point % 2]} call ${Math.floor(point / 2) + 1}`;
      if (left(scene).length > 0) expect(client.warnings(), where).toEqual([expect.stringContaining('could not be removed')]);
      await recoveries['destroy']!(scene);
      expect([left(scene), touched(scene)], where).toEqual([[], []]);
    }
  });

  test('never makes a destroy that is reported as done leave anything', async () => {
    const doing = doings['destroy']!;
    const calls = await callsOf(doing);
    for (let point = 0; point < 2 * calls; point += 1) {
      const scene = await stage(true);
      const client = scene.client();
      client.faults.breakAt(Math.floor(point / 2) + 1, moments[point % 2]!);
      const done = await doing.run(client).then(
        () => true,
        () => false,
      );
      if (done) expect(left(scene)).toEqual([]);
      expect(client.events.some(({ type }) => type === 'ended')).toBe(done);
      await recoveries['destroy']!(scene);
      expect(left(scene)).toEqual([]);
    }
  });

  test('leaves an extended worker with its old end or its new one, and never without a lease', async () => {
    const doing = doings['extend']!;
    const calls = await callsOf(doing);
    const added = new Set<number>();
    for (let point = 0; point < 2 * calls; point += 1) {
      const scene = await stage(true);
      const endsAt = async () => currentLease(await scene.client().backend.list('one'))?.endsAt ?? 0;
      const before = await endsAt();
      const client = scene.client();
      client.faults.breakAt(Math.floor(point / 2) + 1, moments[point % 2]!);
      await doing.run(client).catch(() => {});
      added.add((await endsAt()) - before);
      await extendWorker(scene.client(), 'one', 1);
      expect(scene.node.list().filter(({ type }) => type === 'lease')).toHaveLength(1);
    }
    expect([...added].sort()).toEqual([0, 60_000]);
  });
});
