import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isFinal } from '../../src/dispatch/run.js';
import { smallSpec } from '../memory/scene.js';
import { untilIdle } from '../support/idle.js';
import { overseen } from '../dispatch/oracle.js';
import { overseenSpending } from '../dispatch/spending-oracle.js';
import { type Service, serving, submissionOf } from '../dispatch/scene.js';

// Hundreds of workers' files are written at once: a disk would be measured.
if (existsSync('/dev/shm')) process.env['TMPDIR'] = '/dev/shm';

const runs = Number(process.env['MAYFLY_RUNS'] ?? 1000);
const seed = Number(process.env['MAYFLY_SEED'] ?? 1);

/** Numbers from 0 to 1: mulberry32. */
function randomFrom(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

type Scene = Awaited<ReturnType<typeof serving>>;

/** Troubles of a few seconds; each begins at the service's current process or at its node. */
const troubles: Record<string, (service: Service, scene: Scene) => unknown> = {
  'creations fail': ({ client: { faults } }) => faults.fail('create', { times: 5 }),
  'deletions fail': ({ client: { faults } }) => faults.fail('delete', { times: 5 }),
  'calls are throttled': ({ client: { faults } }) => faults.throttle('create', 2000, { times: 10 }),
  'lists lag': ({ client: { faults } }) => faults.stale(4000),
  'replies are lost': ({ client: { faults } }) => (faults.loseReply('create', { times: 3 }), faults.loseReply('start', { times: 3 })),
  'engines exit': ({ dispatcher }, { node, hand }) => {
    for (const { worker, state } of dispatcher.runs.all()) {
      if (state === 'running' && node.of(worker!).some(({ run }) => run?.status === 'running')) hand.exit(worker!, 'engine', 0);
    }
  },
  "the node's clock is wrong": (_service, { hand, node }) => hand.setClock(node.skew + 20_000),
  "the node's clock is right": (_service, { hand }) => hand.setClock(0),
  'the node goes away': (_service, { hand }) => hand.goAway(),
};

/** A thousandth of a dollar a second, in dollars an hour: a worker may cost $0.06. */
const price = 3.6;
/** Every tenth run is of an organisation whose budget is enough for a part of them. */
const budget = runs * 1200;
const organisations = new Map([['poor', { most: {}, guaranteed: {}, maxDuration: null, rate: null, budget }]]);

test(
  `${runs} runs under faults (seed ${seed}): each has one end, no worker is left, and no budget is exceeded`,
  { timeout: 300_000 },
  async () => {
    const began = process.cpuUsage();
    const random = randomFrom(seed);
    const scene = await serving();
    const { node, clock, hand } = scene;
    Object.assign(node.has, { cpu: 16_000, memory: 16_384 });
    node.price = price;
    const oracle = overseen(node);
    const owners = new Map<string, string>();
    const organisationOf = (run: string) => owners.get(run) ?? 'poor';
    const money = overseenSpending(node, { clock, perSecond: 1000, lifetime: 60, organisationOf, budgets: new Map([['poor', budget]]) });
    const serve = () => scene.serve({ settling: 5000 }, undefined, undefined, { organisations });
    let service = await serve();
    const spec = smallSpec({ max_duration: 30, create_timeout: 30, cpu: 100, memory: 128 });
    await Promise.all(
      Array.from({ length: runs }, async (_, index) => {
        const organisation = index % 10 === 0 ? 'poor' : 'team';
        const { run } = await service.dispatcher.intake.submit({ ...submissionOf(spec), organisation, attempts: 5 });
        owners.set(run.id, organisation);
      }),
    );
    await untilIdle();
    const names = Object.keys(troubles);
    let [kills, held] = [0, 0];
    for (let seconds = 0; service.dispatcher.runs.size > 0 && seconds < 3600; seconds += 5) {
      service.client.faults.clear();
      hand.back();
      if (random() < 0.5) troubles[names[Math.floor(random() * names.length)]!]!(service, scene);
      if (random() < 0.05) {
        kills += 1;
        await service.kill();
        service = await serve();
      }
      await clock.advance(5000);
      const { dispatcher } = service;
      const left = [...dispatcher.runs.all()];
      if (left.length < runs / 10 && left.every(({ id }) => dispatcher.placing.heldByBudget(id) !== null)) {
        held = left.length;
        for (const { id } of left) await dispatcher.commands.cancel(id, 'its budget is spent');
      }
    }
    hand.setClock(0);
    await clock.advance(60_000);
    const { runs: all } = await service.store.runs({ limit: runs + 1 });
    expect([oracle.broken, money.broken]).toEqual([[], []]);
    expect([held > 0, held < runs / 10]).toEqual([true, true]);
    const spent = await service.store.spent('poor', '2026-01');
    expect(spent).toBeGreaterThan(budget - 60_000);
    expect(spent).toBeLessThanOrEqual(budget);
    expect(all).toHaveLength(runs);
    expect(all.filter(({ state }) => !isFinal(state))).toEqual([]);
    expect(node.list()).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    // Of this process: other tests run at the same time.
    const { user, system } = process.cpuUsage(began);
    process.stdout.write(`${runs} runs: ${((user + system) / 1e6).toFixed(0)} s of CPU, ${kills} kills\n`);
    // 45 s on a machine of 2 cores. A pass that looks at all runs once more for each change takes many times as long.
    expect((user + system) / 1e6).toBeLessThan(120);
  },
);
