import type { Clock } from '../clock.js';
import { type Callback, callbackOf, callbackOfNew } from './callbacks/callback.js';
import { monthOf } from './money.js';
import { type Attempt, isFinal, mayFollow, type Run, type RunState } from './run.js';
import type { AttemptChange, NewRun, RunChange, Store } from './store/store.js';

/** Runs without a final state, as the store has them. Every change of a run goes through here. */
export class Runs {
  private readonly unfinished = new Map<string, Run>();
  /** Ids of runs that clients execute by themselves, by organisation. */
  private readonly elsewhere = new Map<string, Set<string>>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    /** See `DispatcherOptions`. */
    private readonly hiderOf: (run: Run) => Promise<<T>(value: T) => T>,
    /** See `Limits.budgetOf`. */
    private readonly budgetOf: (organisation: string) => number | null,
    /** Called after each change, and for each new run. */
    private readonly onChange: (run: Run, before: Run | undefined) => void,
    /** Called after the commit of an event that has a callback. */
    private readonly onCallback: (callback: Callback) => void,
  ) {}

  /** Reads the runs that an earlier process left. */
  async load(): Promise<void> {
    for await (const run of this.store.unfinished()) this.note(run);
  }

  get(id: string): Run | undefined {
    return this.unfinished.get(id);
  }

  /** The run as it is now, also a finished one. */
  async find(id: string): Promise<Run | null> {
    return this.unfinished.get(id) ?? this.store.run(id);
  }

  all(): Iterable<Run> {
    return this.unfinished.values();
  }

  /** Number of runs that wait or live, without those `elsewhere`. */
  get size(): number {
    return [...this.elsewhere.values()].reduce((size, ids) => size - ids.size, this.unfinished.size);
  }

  /** Number of runs `elsewhere` of an organisation. */
  sizeElsewhere(organisation: string): number {
    return this.elsewhere.get(organisation)?.size ?? 0;
  }

  /** See `Store.insert`. */
  async insert(run: NewRun): ReturnType<Store['insert']> {
    return this.kept(run, await this.store.insert(run));
  }

  /** See `Store.import`. */
  async import(run: NewRun): ReturnType<Store['import']> {
    return this.kept(run, await this.store.import(run, this.budgetOf(run.run.organisation)));
  }

  /**
   * Stores a change of a run, with its event.
   *
   * @returns the run; `null` where another change was first: `get` has that one
   * @throws MayflyError `limit_exceeded` where the attempt reserves more than the organisation's budget has left
   */
  async change(
    run: Run,
    change: RunChange,
    event: { type: string; data?: Readonly<Record<string, unknown>> },
    attempt?: AttemptChange,
  ): Promise<Run | null> {
    if (change.state !== undefined) assertFollows(run.state, change.state);
    const { type, data = {} } = event;
    // Programs print their environment, and daemons quote requests.
    const hide = attempt?.error || attempt?.end ? await this.hiderOf(run) : same;
    const stored = { at: this.clock.now(), type, data: hide(data) };
    const whole = change.state !== undefined && isFinal(change.state) ? { ...change, promise: null, bidExpires: null } : change;
    const changed = await this.store.change(run, whole, stored, attempt && hide(attempt), this.budgetOf(run.organisation));
    const current = changed ?? (await this.store.run(run.id));
    if (current) this.keep(current, run);
    if (changed) this.report(callbackOf(changed, change.state ?? null, stored));
    return changed;
  }

  /** The attempts of a run, the oldest first. */
  attempts(run: string): Promise<Attempt[]> {
    return this.store.attempts(run);
  }

  /** Millionths of a US dollar that each organisation with a budget may still spend this month; those without one are missing. */
  async budgetsLeft(organisations: Iterable<string>): Promise<Map<string, number>> {
    const left = new Map<string, number>();
    for (const organisation of new Set(organisations)) {
      const budget = this.budgetOf(organisation);
      if (budget === null) continue;
      left.set(organisation, budget - (await this.store.spent(organisation, monthOf(this.clock.now()))));
    }
    return left;
  }

  /** Stores an event that changes no run. */
  async addEvent(run: string, attempt: number, { type, data }: { type: string; data: Readonly<Record<string, unknown>> }): Promise<void> {
    const event = { at: this.clock.now(), type, data };
    await this.store.addEvent(run, attempt, event);
    const of = await this.find(run);
    if (of) this.report(callbackOf({ ...of, attempt }, null, event));
  }

  private kept<T extends { stored: boolean }>({ run, event }: NewRun, inserted: T): T {
    if (!inserted.stored) return inserted;
    this.keep(run);
    this.report(callbackOfNew(run, event));
    return inserted;
  }

  private report(callback: Callback | null): void {
    if (callback) this.onCallback(callback);
  }

  /** @param before the run that was changed: a final one is not in memory */
  private keep(run: Run, before?: Run): void {
    const earlier = this.unfinished.get(run.id) ?? before;
    if (earlier && earlier.revision > run.revision) return;
    // A spec never changes. Answers of nodes are kept by it.
    if (earlier?.spec) run = { ...run, spec: earlier.spec };
    this.note(run);
    this.onChange(run, earlier);
  }

  private note(run: Run): void {
    const { id, organisation, state } = run;
    if (isFinal(state)) this.unfinished.delete(id);
    else this.unfinished.set(id, run);
    if (state !== 'elsewhere') return void this.elsewhere.get(organisation)?.delete(id);
    const ids = this.elsewhere.get(organisation) ?? new Set();
    this.elsewhere.set(organisation, ids.add(id));
  }
}

function assertFollows(from: RunState, to: RunState): void {
  if (!mayFollow(from, to)) throw new Error(`a run does not go from ${from} to ${to}`);
}

function same<T>(value: T): T {
  return value;
}
