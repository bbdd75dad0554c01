import { v4, v5 } from 'uuid';
import type { Clock } from '../clock.js';
import { MayflyError, type Problem } from '../errors.js';
import type { Log } from '../log.js';
import { totals, type WorkerSpec } from '../spec/worker-spec.js';
import { nodeNow } from '../lease/node-now.js';
import type { Runtime } from '../worker/runtime.js';
import { NodeWatch } from './nodes/node-watch.js';
import { type Answer, Offers } from './nodes/offers.js';
import type { Run } from './run.js';
import { isFinal } from './run.js';
import { Runs } from './runs.js';
import { byTurn, type Placement, placeFirstCome, type Room, type Waiting } from './schedule/first-come.js';
import type { DispatchSettings } from './settings.js';
import { Driver } from './steps/drive.js';
import type { Store } from './store/store.js';
import { workerNameOf } from './worker-name.js';

export interface DispatcherOptions {
  runtime: Runtime;
  store: Store;
  settings: DispatchSettings;
  /** A UUID that every start of this installation has. */
  installation: string;
  log: Log;
  random(): number;
  /** Joins a run's spec with its secrets. */
  specOf(run: Run): Promise<WorkerSpec>;
}

export interface Submission {
  organisation: string;
  spec: WorkerSpec;
  /** Sealed. */
  secrets(run: string): Uint8Array | null;
  priority: number;
  labels: Readonly<Record<string, string>>;
  attempts?: number | undefined;
  /** The client's own key: a repeated request with it returns the first one's run. */
  key?: string | undefined;
  bodyHash: string;
}

/** Takes runs, places them on nodes, makes their workers and follows them to their ends. */
export class Dispatcher {
  readonly runs: Runs;
  private readonly watches: ReadonlyMap<string, NodeWatch>;
  private readonly offers: Offers;
  private readonly driver: Driver;
  private readonly stop = new AbortController();
  private readonly capacities = new Map<string, Room['free']>();
  private readonly clock: Clock;
  private wake: () => void = () => {};
  private work: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: DispatcherOptions) {
    const { runtime, store, settings, installation, log } = options;
    this.clock = runtime.clock;
    this.runs = new Runs(store, this.clock, (run) => {
      log.info({ run: run.id, attempt: run.attempt, state: run.state, node: run.node, reason: run.reason }, `the run is ${run.state}`);
      this.wake();
    });
    this.watches = new Map(runtime.nodes.names.map((name) => [name, new NodeWatch(name, () => runtime.openNode(name), this.clock)]));
    this.offers = new Offers(runtime, runtime.nodes.names, this.clock);
    const parts = {
      ...{ runtime, runs: this.runs, settings, installation, specOf: options.specOf, random: options.random },
      watchOf: (node: string) => this.watchOf(node),
      progress: () => {},
    };
    this.driver = new Driver(parts, log, this.stop.signal);
  }

  /** Takes up the runs of an earlier process, and begins to place. */
  async start(): Promise<void> {
    const { signal } = this.stop;
    const { pollPeriod } = this.options.settings;
    await this.runs.load();
    for (const run of this.runs.all()) if (run.state !== 'queued') this.driver.drive(run, { resumed: true });
    this.work = Promise.all([this.place(signal), ...[...this.watches.values()].map((watch) => watch.watch(pollPeriod, signal))]);
  }

  /** Stops all work. Workers stay alive, and the next start continues. */
  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all([this.work, this.driver.close()]);
  }

  /**
   * Stores a run.
   *
   * @returns `created: false`: an earlier request with the same key has made it
   * @throws MayflyError `no_backend` with every node's reasons where none can ever take it, `key_reused`, `queue_full`
   */
  async submit(submission: Submission): Promise<{ run: Run; created: boolean }> {
    const { organisation, spec, priority, labels, key, bodyHash } = submission;
    const { settings, installation } = this.options;
    if (this.runs.size >= settings.mostWaiting) throw queueFull(settings.mostWaiting);
    const answers = await this.offers.of(spec);
    assertPossible(spec, answers);
    const now = this.clock.now();
    const id = key === undefined ? v4() : v5(`${organisation}\n${key}`, installation);
    const run: Run = {
      ...{ id, organisation, revision: 0, state: 'queued', reason: null, priority, labels, name: spec.name, spec },
      ...{
        attempts: submission.attempts ?? settings.attempts,
        attempt: 0,
        node: null,
        worker: null,
        until: null,
        readyAt: null,
        ends: null,
      },
      ...{ next: null, createdAt: now, lastTryAt: null, notBefore: null, completedAt: null, exitCode: null },
    };
    const event = { at: now, type: 'queued', data: {} };
    const inserted = await this.runs.insert({ run, secrets: submission.secrets(id), bodyHash, event });
    if (inserted.stored) return { run, created: true };
    if (inserted.bodyHash !== bodyHash) throw keyReused(id);
    return { run: inserted.existing, created: false };
  }

  /** Ends a run. A final one stays as it is. */
  async cancel(id: string, justification: string): Promise<void> {
    for (let run = await this.current(id); run && !isFinal(run.state); run = await this.current(id)) {
      const event = { type: 'cancel_asked', data: { justification } };
      const next = { state: 'cancelled', reason: 'cancelled', exitCode: null } as const;
      const change =
        run.state === 'queued'
          ? ({ state: 'cancelled', reason: 'cancelled', completedAt: this.clock.now() } as const)
          : run.state === 'ending'
            ? { next }
            : ({ state: 'ending', next } as const);
      if (!(await this.runs.change(run, change, event))) continue;
      this.driver.outdate(id);
      return;
    }
  }

  /** The run, as it is now. */
  async current(id: string): Promise<Run | null> {
    return this.runs.get(id) ?? this.options.store.run(id);
  }

  watchOf(node: string): NodeWatch {
    const watch = this.watches.get(node);
    if (watch) return watch;
    throw new MayflyError('settings_invalid', {
      place: { path: node },
      cause: 'is no node of the settings any more, and a run has a worker there',
      remedy: 'add the node to the settings again until the run has ended',
    });
  }

  private async place(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const woken = new AbortController();
      this.wake = () => woken.abort();
      await this.pass().catch((error: unknown) => this.options.log.warn({ err: error }, 'a pass of the placement failed'));
      const next = this.nextTry();
      await this.clock.sleep(next, AbortSignal.any([signal, woken.signal])).catch(() => {});
    }
  }

  /** Decides once, and stores the decisions. */
  private async pass(): Promise<void> {
    const { batch } = this.options.settings;
    const now = this.clock.now();
    const due = [...this.runs.all()].filter(({ state, notBefore }) => state === 'queued' && (notBefore ?? 0) <= now);
    const first = due.sort((a, b) => byTurn({ ...a, run: a.id }, { ...b, run: b.id })).slice(0, batch);
    const waiting = await Promise.all(first.map((run) => this.waiting(run)));
    const decisions = placeFirstCome(waiting, this.rooms(), batch);
    await Promise.all(decisions.map((decision) => this.carryOut(decision)));
  }

  private async waiting({ id, priority, createdAt, spec }: Run): Promise<Waiting> {
    const answers = await this.offers.of(spec);
    const nodes = answers.flatMap((answer) => {
      if (!('offer' in answer)) return [];
      this.capacities.set(answer.node, answer.offer.has);
      return answer.offer.accepted ? [answer.node] : [];
    });
    return { run: id, priority, createdAt, asks: totals(spec), nodes };
  }

  /** Nodes that answer, with the resources that no run has. */
  private rooms(): Room[] {
    return [...this.watches.values()].flatMap(({ name, trouble, last }): Room[] => {
      if (trouble !== null || last === null) return [];
      const has = this.capacities.get(name) ?? null;
      if (!has) return [{ node: name, free: null }];
      const free = { ...has };
      for (const run of this.runs.all()) {
        if (run.node !== name) continue;
        const { cpu, memory } = totals(run.spec);
        free.cpu -= cpu;
        free.memory -= memory;
      }
      return [{ node: name, free }];
    });
  }

  private async carryOut({ run: id, node }: Placement): Promise<void> {
    const run = this.runs.get(id);
    if (run?.state !== 'queued') return;
    const backend = await this.options.runtime.openNode(node);
    const attempt = run.attempt + 1;
    const now = this.clock.now();
    const { create_timeout, max_duration } = run.spec;
    const until = Math.ceil((await nodeNow(backend, this.clock)) / 1000) + create_timeout + max_duration;
    const worker = workerNameOf(id, attempt);
    const placed = await this.runs.change(
      run,
      { state: 'placed', node, worker, attempt, until, lastTryAt: now, notBefore: null },
      { type: 'placed', data: { node, worker } },
      { number: attempt, node, startedAt: now },
    );
    if (placed) this.driver.drive(placed);
  }

  /** Milliseconds until a run that was tried before may be tried again. */
  private nextTry(): number {
    const now = this.clock.now();
    const times = [...this.runs.all()].flatMap(({ state, notBefore }) =>
      state === 'queued' && notBefore !== null ? [notBefore - now] : [],
    );
    return Math.max(0, Math.min(60_000, ...times.filter((ms) => ms > 0)));
  }
}

/** @throws MayflyError `no_backend` unless a node accepts the spec, or one that did not answer could */
function assertPossible(spec: WorkerSpec, answers: readonly Answer[]): void {
  if (answers.some((answer) => 'error' in answer || answer.offer.accepted)) return;
  const problems: Problem[] = answers.flatMap((answer) =>
    'offer' in answer ? answer.offer.reasons.map((cause) => ({ place: { path: answer.node }, cause })) : [],
  );
  throw new MayflyError('no_backend', {
    place: { path: spec.name },
    cause: 'no node can ever take this spec',
    remedy: 'change the refused fields, or ask for a node that has what it needs',
    problems,
  });
}

function keyReused(run: string): MayflyError {
  return new MayflyError('key_reused', {
    place: { path: run },
    cause: 'an earlier request with this Idempotency-Key had another body',
    remedy: 'use a new key for a new run',
  });
}

function queueFull(most: number): MayflyError {
  return new MayflyError('queue_full', {
    cause: `${most} runs wait or live already`,
    remedy: 'send the request again later',
  });
}
