import { describe, expect, test } from 'vitest';
import type { MayflyEvent } from '../../src/events.js';
import { currentLease } from '../../src/lease/deadline.js';
import type { Plan } from '../../src/plan/plan.js';
import type { WorkerSpec } from '../../src/spec/worker-spec.js';
import { applyWorker, type ApplyOptions } from '../../src/worker/apply.js';
import { planWorker } from '../../src/worker/plan.js';
import { addEphemeral } from '../memory/ephemeral.js';
import { containerType } from '../memory/names.js';
import { type Client, nodeName, openScene, type Scene, smallSpec, specOf, thingsOf } from '../memory/scene.js';
import { seed } from '../memory/seed.js';
import { manualClock } from '../support/manual-clock.js';
import { steppedClock } from '../support/stepped-clock.js';

const whole = ['build running', 'db running', 'engine running', 'lease-1 present', 'work present'];
const minute = 60_000;

async function scene(): Promise<Scene & { clock: ReturnType<typeof manualClock> }> {
  const clock = manualClock();
  return { ...(await openScene({ clock })), clock };
}

const apply = (client: Client, spec: WorkerSpec = specOf(), more: Partial<ApplyOptions> = {}) =>
  applyWorker(client, spec, { strict: false, ...more });

/** Calls that change the node. */
const changesOf = ({ faults }: Client) => faults.calls.filter((call) => /^(create|update|start|signal|delete)/.test(call));
const endedIn = ({ events }: Client) => events.filter((event: MayflyEvent) => event.type === 'ended');
const endOf = async (client: Client) => currentLease(await client.backend.list('one'))?.endsAt;

describe('approval', () => {
  test('that is refused changes nothing, and holds no lock while it is asked for', async () => {
    const { node, client, layout } = await scene();
    const asking = client();
    const { done } = await apply(asking, specOf(), {
      async approve(plan) {
        expect(plan.changes.map(({ action }) => action)).toEqual(['create', 'create', 'create', 'create']);
        expect(asking.keeperStub.calls).toEqual(['wake']);
        // Nobody is locked out meanwhile.
        await apply(client());
        return false;
      },
    });
    expect([done, changesOf(asking), await layout.knows(nodeName, 'one'), thingsOf(node)]).toEqual([false, [], true, whole]);
  });

  test.for<[name: string, meanwhile: (scene: Scene) => unknown]>([
    ['another apply has made it', ({ client }) => apply(client())],
    ['something of it was made', ({ node }) => seed(node, { lease: null })],
  ])('is of no use once %s', async ([, meanwhile]) => {
    const all = await scene();
    const asking = all.client();
    const approve = async () => (await meanwhile(all), true);
    await expect(apply(asking, specOf(), { approve })).rejects.toMatchObject({ code: 'plan_stale' });
    expect([changesOf(asking), asking.keeperStub.calls]).toEqual([[], ['wake']]);
  });

  test.for<[name: string, meanwhile: (scene: Scene) => unknown]>([
    ['a container was removed', ({ hand }) => hand.remove('one', 'build')],
    ['a container has ended', ({ hand }) => hand.exit('one', 'build', 1)],
    ['it was edited', ({ client }) => apply(client(), specOf({ memory: 64 }))],
    ['its end was moved by an edit', ({ client }) => apply(client(), specOf({ max_duration: 400 }))],
  ])('of an edit is of no use once %s', async ([, meanwhile]) => {
    const all = await scene();
    await apply(all.client());
    const asking = all.client();
    const approve = async () => (await meanwhile(all), true);
    await expect(apply(asking, specOf({ memory: 32, max_duration: 350 }), { approve })).rejects.toMatchObject({ code: 'plan_stale' });
    expect(changesOf(asking)).toEqual([]);
  });
});

describe('a saved plan', () => {
  const saved = async ({ client }: Scene) => (await planWorker(client(), specOf(), { strict: false })).plan;

  test('is carried out once', async () => {
    const all = await scene();
    const plan = await saved(all);
    expect((await apply(all.client(), plan.spec, { saved: plan })).done).toBe(true);
    const again = all.client();
    await expect(apply(again, plan.spec, { saved: plan })).rejects.toMatchObject({ code: 'plan_stale' });
    expect(changesOf(again)).toEqual([]);
  });

  test('is refused where settings would make another stack of it', async () => {
    const all = await scene();
    const plan = await saved(all);
    const other = all.client({ settings: { maxLifetime: 9999 } });
    await expect(apply(other, plan.spec, { saved: plan })).rejects.toMatchObject({ code: 'plan_stale' });
    expect(changesOf(other)).toEqual([]);
  });
});

describe('the remains of a worker whose time was up', () => {
  test('are removed before another is made, and give it neither age nor end', async () => {
    const { clock, node, client, layout } = await scene();
    await apply(client());
    clock.advance(10 * minute);
    const again = client();
    let shown: Plan | undefined;
    const { plan } = await apply(again, specOf(), { onPlan: (one) => void (shown = one) });
    expect(shown?.offer.warnings).toEqual([expect.stringContaining('one/engine')]);
    expect(plan.changes.map(({ action }) => action)).toEqual(['create', 'create', 'create', 'create']);
    expect(thingsOf(node)).toEqual(whole);
    expect(await layout.history.of('one')).toMatchObject([{ reason: 'expired' }]);
    expect((await endOf(again))! - clock.now()).toBeGreaterThan(4 * minute);
    const calls = changesOf(again);
    expect(calls.findLastIndex((call) => call.startsWith('delete'))).toBeLessThan(calls.findIndex((call) => call.startsWith('create')));
  });

  test('of a life that never got ready are remains too', async () => {
    const { clock, node, client } = await scene();
    seed(node, { lease: null, lifetime: 60 });
    const old = node.container('one', 'engine').id;
    clock.advance(minute);
    await apply(client());
    expect(thingsOf(node)).toEqual(whole);
    expect(node.container('one', 'engine').id).not.toBe(old);
  });
});

describe('a worker that does not get ready', () => {
  const failing = (command: string) => smallSpec({ engine: { command: [command] } });

  test('is removed, with its last lines in the error and the reason in the history', async () => {
    const { node, client, layout } = await scene();
    const own = client();
    await expect(apply(own, failing('no-such'))).rejects.toMatchObject({ code: 'not_ready', log: ['no-such: not found'] });
    expect([thingsOf(node), await layout.known(), endedIn(own)]).toEqual([
      [],
      [],
      [{ type: 'ended', worker: 'one', reason: 'not_ready', why: 'not ready: engine ended with exit code 127' }],
    ]);
    expect(await layout.history.of('one')).toMatchObject([
      { reason: 'not_ready', detail: 'not ready: engine ended with exit code 127', containers: [{ container: 'engine', exitCode: 127 }] },
    ]);
    expect(own.keeperStub.calls).toEqual(['wake', 'arm', 'release']);
  });

  test('has create_timeout for it, from the moment that it is armed, and no longer', async () => {
    const { clock, node, client, layout } = await scene();
    const own = client();
    own.faults.slow('create', 20_000);
    const began = clock.now();
    node.on('changed', () => {
      const engine = node.find('one/engine');
      if (engine?.run) engine.run.listens = false;
    });
    const spec = smallSpec({ create_timeout: 30, engine: { command: ['serve'], port: 80 } });
    await expect(apply(own, spec)).rejects.toMatchObject({ code: 'not_ready', timedOut: true });
    // Looks are a quarter of a second apart.
    const took = (await layout.history.of('one'))[0]!.endedAt - began;
    expect(took).toBeGreaterThanOrEqual(30_000);
    expect(took).toBeLessThan(30_600);
    expect([thingsOf(node), (await layout.history.of('one'))[0]?.reason]).toEqual([[], 'create_timeout']);
  });

  test('stays where it was there before: an edit that fails ends nothing', async () => {
    const { node, client, layout } = await scene();
    await apply(client());
    const own = client();
    node.missingImages.add('new');
    await expect(
      apply(own, specOf({ containers: [{ name: 'build', image: 'new', cpu: 50, memory: 16, storage: 100 }] })),
    ).rejects.toMatchObject({
      code: 'image_unavailable',
    });
    expect([thingsOf(node), endedIn(own), await layout.history.of('one')]).toEqual([
      ['db running', 'engine running', 'lease-1 present', 'work present'],
      [],
      [],
    ]);
  });

  test('stays where its very engine was replaced by one that fails', async () => {
    const { node, client } = await scene();
    await apply(client(), smallSpec());
    await expect(apply(client(), failing('no-such'))).rejects.toMatchObject({ code: 'not_ready' });
    expect(thingsOf(node)).toEqual(['engine exited', 'lease-1 present']);
  });

  test.for<[name: string, prepare: (scene: Scene) => unknown, code: string]>([
    ['the node takes no more containers', ({ hand }) => hand.limit(containerType, 2), 'backend_refused'],
    [
      'an engine is killed for its memory',
      ({ node, hand }) => node.on('changed', () => ends(node) && hand.outOfMemory('one', 'engine')),
      'not_ready',
    ],
    [
      'a healthcheck fails',
      ({ node, hand }) => node.once('changed', () => setImmediate(() => hand.health('one', 'db', 'unhealthy'))),
      'not_ready',
    ],
  ])('is removed where %s', async ([, prepare, code]) => {
    const all = await scene();
    prepare(all);
    await expect(apply(all.client())).rejects.toMatchObject({ code });
    expect(thingsOf(all.node)).toEqual([]);
  });

  const ends = (node: Scene['node']) => node.find('one/engine')?.run?.status === 'running';

  test('because an engine ended is told with that engine, not with what could not join it', async () => {
    const { client } = await scene();
    const error = await apply(client(), specOf({ engine: { command: ['exit 3'] } })).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'not_ready', place: { path: 'one/engine' } });
    expect((error as { problems: unknown[] }).problems).toHaveLength(1);
  });
});

describe('a throttled node', () => {
  test('is asked again when it says so, and the worker gets ready', async () => {
    const { clock, node, client } = await scene();
    const own = client();
    own.faults.throttle('create', 5000, { times: 2 });
    await apply(own);
    expect([thingsOf(node), clock.slept.filter((ms) => ms === 5000).length]).toEqual([whole, 2]);
  });
});

describe('the keeper', () => {
  test('is armed before anything is made, asked again when all is, and then released', async () => {
    const { client } = await scene();
    const own = client();
    const held = own.faults.hold('create', { of: 'one/work' });
    const applied = apply(own);
    await held.reached;
    expect([own.keeperStub.calls, changesOf(own)]).toEqual([['wake', 'arm'], ['create one/work']]);
    held.release();
    await applied;
    expect(own.keeperStub.calls).toEqual(['wake', 'arm', 'confirm', 'release']);
  });

  test.for([
    [true, { exec: { worker: 'one', place: '/memory/run/one' } }],
    [false, {}],
  ] as const)('is asked to watch the node, and to serve a socket where the engine runs commands: %s', async ([exec, more]) => {
    const { client } = await scene();
    const own = client();
    await apply(own, smallSpec({ engine: { command: ['serve'], exec } }));
    expect(own.keeperStub.requests).toEqual([{ backend: nodeName, endpoint: 'memory:', env: {}, ...more }]);
  });

  test('that cannot be had: nothing is made', async () => {
    const { node, client } = await scene();
    const own = client();
    own.keeperStub.lose();
    await expect(apply(own)).rejects.toMatchObject({ code: 'not_armed' });
    expect([changesOf(own), thingsOf(node)]).toEqual([[], []]);
  });

  // While an engine starts, what joins it is being made.
  test.for([
    ['create', 1],
    ['start', 5],
  ] as const)('that is lost at a %s: nothing more is begun than %d calls, and what was made goes', async ([call, begun]) => {
    const { node, client } = await scene();
    const own = client();
    const held = own.faults.hold(call, { times: 1 });
    const applied = apply(own).catch((error: unknown) => error);
    await held.reached;
    own.keeperStub.lose();
    held.release();
    expect(await applied).toMatchObject({ code: 'not_armed' });
    expect([thingsOf(node), own.keeperStub.calls.at(-1)]).toEqual([[], 'release']);
    expect(changesOf(own).filter((one) => /^(create|start)/.test(one))).toHaveLength(begun);
  });

  test('that is gone when all is ready: the worker is not left without one', async () => {
    const { node, client } = await scene();
    const own = client();
    const held = own.faults.hold('create', { of: 'one/lease-1' });
    const applied = apply(own).catch((error: unknown) => error);
    await held.reached;
    own.keeperStub.lose();
    held.release();
    expect(await applied).toMatchObject({ code: 'not_armed' });
    expect(thingsOf(node)).toEqual([]);
  });
});

describe('the lease', () => {
  test.for([0, 3_600_000, -3_600_000])(
    'is fixed when the worker is ready, by the node’s clock (%d ms ahead), and then stays',
    async (skew) => {
      const clock = steppedClock();
      const { hand, client } = await openScene({ clock });
      hand.setClock(skew);
      const own = client();
      own.faults.slow('create', 7000, { of: 'one/engine' });
      const applied = apply(own, smallSpec());
      await clock.advance(7000);
      await clock.advance(250);
      const { ends } = await applied;
      // 7 s to make it and a quarter of a second to see it run: whole seconds, never sooner.
      expect(ends! - skew - Date.parse('2026-01-01T00:00:00Z')).toBe(308_000);
      await clock.advance(60_000);
      const again = apply(client(), smallSpec());
      await clock.advance(1000);
      expect((await again).ends).toBe(ends);
    },
  );

  test.for([
    [400, 100],
    [200, -100],
  ] as const)('is moved by an edit of max_duration to %d s, by the difference', async ([seconds, by]) => {
    const { clock, client } = await scene();
    const { ends } = await apply(client());
    clock.advance(minute);
    const { plan, ends: moved } = await apply(client(), specOf({ max_duration: seconds }));
    expect([plan.changes.every(({ action }) => action === 'none'), moved! - ends!]).toEqual([true, by * 1000]);
    expect((await apply(client(), specOf({ max_duration: seconds }))).ends).toBe(moved);
  });

  test('is moved neither into the past nor beyond the cap that the worker was born with', async () => {
    const { clock, client } = await scene();
    const settings = { maxLifetime: 600 };
    const { ends } = await apply(client({ settings }));
    clock.advance(200_000);
    for (const max_duration of [100, 700]) {
      const own = client({ settings });
      await expect(apply(own, specOf({ max_duration }))).rejects.toMatchObject({ code: 'lease_refused' });
      expect(changesOf(own)).toEqual([]);
    }
    // Settings that changed since then raise no cap.
    await expect(apply(client(), specOf({ max_duration: 700 }))).rejects.toMatchObject({ code: 'lease_refused' });
    expect(await endOf(client())).toBe(ends);
  });
});

describe('an apply that is stopped', () => {
  async function stopped(how: (client: Client) => void) {
    const all = await scene();
    const own = all.client();
    const held = own.faults.hold('start', { times: 1 });
    const applied = apply(own).catch((error: unknown) => error);
    await held.reached;
    how(own);
    held.release();
    return { ...all, error: await applied };
  }

  test('by the first Ctrl-C finishes what is in flight and leaves it to the next apply', async () => {
    const { node, client, error } = await stopped((one) => one.interrupt());
    expect(error).toMatchObject({ code: 'interrupted' });
    expect(thingsOf(node)).toContain('engine running');
    await apply(client());
    expect(thingsOf(node)).toEqual(whole);
  });

  test('because nobody wants it any more removes what it began', async () => {
    const { node, error } = await stopped((one) => one.cancel());
    expect(error).toMatchObject({ code: 'interrupted' });
    expect(thingsOf(node)).toEqual([]);
  });
});

describe('the file of variables', () => {
  test.for([
    ['from the start', null],
    ['once it is ready', '10.0.0.9'],
  ] as const)('has no ephemeral secret of a worker whose address is known %s', async ([, address]) => {
    const { client, layout } = await scene();
    const own = client();
    addEphemeral(own);
    if (address) Object.assign(own.backend, { address: () => Promise.resolve(address) });
    await apply(own);
    const kept = (await layout.worker(nodeName, 'one').readVariables())!;
    expect([kept['owner'], kept['login'], kept['address'] ?? null]).toEqual(['me', undefined, address]);
  });
});
