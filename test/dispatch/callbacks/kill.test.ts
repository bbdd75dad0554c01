import { expect, test } from 'vitest';
import { Callbacks } from '../../../src/dispatch/callbacks/callbacks.js';
import { chained } from '../../../src/dispatch/callbacks/hooks.js';
import { WebhookSecrets } from '../../../src/dispatch/callbacks/secrets.js';
import type { Run, RunState } from '../../../src/dispatch/run.js';
import { Runs } from '../../../src/dispatch/runs.js';
import { openStore } from '../../../src/dispatch/store/open.js';
import type { RunChange, Store } from '../../../src/dispatch/store/store.js';
import { Faults } from '../../memory/faults.js';
import { untilIdle } from '../../support/idle.js';
import { type SteppedClock, steppedClock } from '../../support/stepped-clock.js';
import { mortalStore } from '../mortal-store.js';
import { newRun, sampleRun } from '../store/samples.js';
import { type Receivers, receivers } from './receivers.js';

const url = 'https://ci.example.com/';
const { id } = sampleRun(1);
const begun = Date.parse('2026-01-01T00:00:00Z');
const log = { info() {}, warn() {} };
const bytes = (count: number) => new Uint8Array(count).fill(7);
const secrets = new WebhookSecrets({ bytes: bytes(32), id: bytes(4) }, bytes);

/** What a run does next in each state: it ends 40 s after its begin, and the last 30 s are announced. */
const next: Partial<Record<RunState, (now: number) => RunChange | null>> = {
  queued: () => ({ state: 'placed', node: 'docker', attempt: 1 }),
  placed: () => ({ state: 'provisioning' }),
  provisioning: () => ({ state: 'running', ends: begun + 40_000 }),
  running: (now) => (now < begun + 40_000 ? null : { state: 'ending', next: { state: 'completed', reason: 'expired', exitCode: null } }),
  ending: (now) => ({ state: 'completed', reason: 'expired', next: null, completedAt: now }),
};

interface Process {
  faults: Faults;
  stop(): Promise<void>;
}

/** A process that carries the run on and sends its callbacks. */
async function begin(durable: Store, clock: SteppedClock, remote: Receivers, arm: (faults: Faults) => void): Promise<Process> {
  const faults = new Faults(clock);
  arm(faults);
  const store = mortalStore(durable, faults);
  const own = faults.mortalClock;
  const runs: Runs = new Runs(
    ...([store, own, () => Promise.resolve(<T>(value: T) => value), () => null, () => {}] as const),
    chained([({ run }) => callbacks.sender.wake(run.organisation)], log),
  );
  const callbacks = new Callbacks({
    ...{ webhooks: store.webhooks, secrets, clock: own, log, version: 'test', random: () => 0, tried() {} },
    send: (post) => faults.around('store', 'send', () => remote.send(post)),
    settings: { expiring: 30_000, pollPeriod: 5_000 },
    dispatcher: () => ({ runs, nodes: new Map(), isRecovering: false }),
  });
  const stop = new AbortController();
  const carryOn = async () => {
    await runs.load();
    for (let run: Run | null = null; !stop.signal.aborted && run?.state !== 'completed';) {
      run = (await runs.find(id))!;
      const change = next[run.state]?.(clock.now());
      if (change) await runs.change(run, change, { type: change.state! });
      else await own.sleep(1000, stop.signal).catch(() => {});
    }
  };
  const work = Promise.all([carryOn(), callbacks.run(stop.signal)]);
  await Promise.race([untilIdle(), faults.death]);
  return {
    faults,
    async stop() {
      stop.abort();
      await Promise.race([work, faults.death]);
    },
  };
}

/** Lives a whole life, which a death at a call interrupts. The first try of each callback fails. */
async function live(death?: { at: number; moment: 'before' | 'after' }): Promise<{ wrong: string[]; calls: string[] }> {
  const clock = steppedClock(begun);
  const durable = await openStore({ directory: null, version: 'test' });
  await durable.webhooks.add(
    {
      ...{
        id: '00000000-0000-4000-8000-0000000000aa',
        organisation: 'red',
        url,
        types: null,
        secret: secrets.draw('00000000-0000-4000-8000-0000000000aa').sealed,
      },
      ...{ createdAt: 0, previous: null, previousUntil: null, failingSince: null, disabled: null },
    },
    20,
  );
  await durable.insert(newRun(1));
  const remote = receivers(() => clock);
  const tried = new Set<string>();
  const flaky: Receivers = {
    ...remote,
    async send(post) {
      await remote.send(post);
      const message = post.headers['webhook-id']!;
      return { status: tried.has(message) ? 204 : (tried.add(message), 500), retryAfter: undefined };
    },
  };
  const first = await begin(durable, clock, flaky, (faults) => death && faults.crashAt(death.at, death.moment));
  let second: Process | null = null;
  let dead = false;
  void first.faults.death.then(() => (dead = true));
  for (let seconds = 0; seconds < 80; seconds += 1) {
    await clock.advance(1000);
    if (dead) second ??= await begin(durable, clock, flaky, () => {});
  }
  const ids = new Map<string, Set<string>>();
  for (const { message, headers } of remote.received)
    ids.set(message.type, (ids.get(message.type) ?? new Set()).add(headers['webhook-id']!));
  const types = [...ids].map(([type, all]) => `${type} ${all.size}`).sort();
  const events = (await durable.events({ run: id, limit: 100 })).map(({ type }) => type).join(' ');
  const pending = await durable.webhooks.countPending();
  const run = await durable.run(id);
  await (second ?? first).stop();
  await durable.close();
  const wrong = [
    ...(types.join(', ') === 'run.access 1, run.completed 1, run.expiring 1' ? [] : [`received: ${types.join(', ')}`]),
    ...(events === 'queued placed provisioning running expiring ending completed' ? [] : [`events: ${events}`]),
    ...(pending === 0 ? [] : [`pending: ${pending}`]),
    ...(run?.state === 'completed' ? [] : [`state: ${run?.state}`]),
    ...(death && !dead ? ['nobody has died'] : []),
  ];
  return { wrong, calls: first.faults.calls };
}

test('each callback arrives with one id and the outbox is empty in the end, wherever the service is killed', async () => {
  const { wrong, calls } = await live();
  expect(wrong).toEqual([]);
  const changing = calls.flatMap((call, index) => (/^store (change|tried|send|setting)/.test(call) ? [{ at: index + 1, call }] : []));
  // Six changes of the run, one announcement, and two tries of each of three callbacks.
  expect(changing.map(({ call }) => call).filter((call) => call === 'store send')).toHaveLength(6);
  expect(changing).toHaveLength(6 + 6 + 6);
  for (const { at, call } of changing)
    for (const moment of ['before', 'after'] as const) {
      const lived = await live({ at, moment });
      wrong.push(...lived.wrong.map((one) => `killed ${moment} ${call} (${at}): ${one}`));
    }
  expect(wrong).toEqual([]);
});
