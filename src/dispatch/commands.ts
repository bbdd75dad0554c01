import { MayflyError } from '../errors.js';
import { beginCall } from '../worker/call.js';
import { extendWorker, previewExtension } from '../worker/extend.js';
import type { Runtime } from '../worker/runtime.js';
import { duration } from '../spec/units.js';
import { extended } from './extension.js';
import type { Limits } from './limits.js';
import { isFinal, type Run } from './run.js';
import type { Outlook } from './placing/outlook.js';
import type { Runs } from './runs.js';
import type { Extension } from './schedule/changes.js';
import type { Driver } from './steps/drive.js';
import type { AttemptChange, RunChange } from './store/store.js';

export interface CommandParts {
  runtime: Runtime;
  runs: Runs;
  driver: Driver;
  limits: Limits;
  outlook: Pick<Outlook, 'extend'>;
  /** See `Queue.extending`. */
  extending: Map<string, number>;
}

/** `null`: nothing changes. */
type Decision = { change: RunChange; attempt?: AttemptChange } | null;

/** Changes that people ask for. Each takes a run's id, and returns the run after the change. */
export class Commands {
  /** The last extension of each run. The next one begins at the end that it has reached. */
  private readonly extensions = new Map<string, Promise<Run>>();

  constructor(private readonly parts: CommandParts) {}

  /** Ends a run. A queued one leaves the queue at once, a final one stays as it is. */
  cancel(id: string, justification: string): Promise<Run> {
    const now = this.parts.runtime.clock.now();
    return this.change(id, 'cancel_asked', { justification }, (run) =>
      isFinal(run.state) ? null : { change: changeToCancelled(run, now) },
    );
  }

  /**
   * Gives back the node of a run whose worker is not ready. The worker is ended first.
   *
   * @throws MayflyError `not_possible` in another state
   */
  requeue(id: string): Promise<Run> {
    return this.change(id, 'requeue_asked', {}, ({ state }) => {
      if (state !== 'placed' && state !== 'provisioning')
        throw notPossible(id, state, 'only a run that was placed and is not ready can be queued again');
      return { change: { state: 'ending', next: { state: 'queued', reason: 'requeued', exitCode: null } } };
    });
  }

  /** Queues the run of a bid. One that is no bid any more stays as it is. @throws MayflyError `not_possible` for a final one */
  accept(id: string): Promise<Run> {
    return this.change(id, 'accepted', {}, ({ state }) => {
      if (isFinal(state)) throw notPossible(id, state, 'the bid is over: send another one');
      return state === 'offered' ? { change: { state: 'queued', bidExpires: null } } : null;
    });
  }

  /** Drops a bid. A final one stays as it is. @throws MayflyError `not_possible` for a run that is no bid any more */
  reject(id: string, justification: string): Promise<Run> {
    const now = this.parts.runtime.clock.now();
    return this.change(id, 'rejected', { justification }, ({ state }) => {
      if (isFinal(state)) return null;
      if (state !== 'offered') throw notPossible(id, state, 'it was accepted: cancel the run');
      return { change: { state: 'cancelled', reason: 'rejected', completedAt: now } };
    });
  }

  /** Changes priority and labels of a run that is not final. Priority 0 cancels it. @throws MayflyError `not_possible` */
  edit(
    id: string,
    { priority, labels }: { priority?: number | undefined; labels?: Readonly<Record<string, string>> | undefined },
  ): Promise<Run> {
    if (priority === 0) return this.cancel(id, 'priority 0');
    const edited = { ...(priority !== undefined && { priority }), ...(labels && { labels }) };
    return this.change(id, 'edited', edited, ({ state }) => {
      if (isFinal(state)) throw notPossible(id, state, 'a finished run does not change');
      return { change: edited };
    });
  }

  /**
   * Moves the end of a running run's worker. The later fence is stored first, with the money for it: no other worker of the run begins before
   * it.
   *
   * @param seconds negative: earlier
   * @param force also if it delays promised starts
   * @throws MayflyError `not_possible` unless it is running, `promise_broken` where a promised start would be delayed, `limit_exceeded` above a limit of its organisation or its `max_cost`,
   * `lease_refused`
   */
  async extend(id: string, seconds: number, force = false): Promise<Run> {
    const before = this.extensions.get(id);
    const extension = (before ?? Promise.resolve()).catch(() => {}).then(() => this.extendNow(id, seconds, force));
    this.extensions.set(id, extension);
    try {
      return await extension;
    } finally {
      if (this.extensions.get(id) === extension) this.extensions.delete(id);
      this.parts.extending.delete(id);
    }
  }

  private async extendNow(id: string, seconds: number, force: boolean): Promise<Run> {
    const { runtime, runs, limits, outlook } = this.parts;
    const run = await this.change(id, 'extend_asked', { seconds }, async (run) => {
      const { state, node, worker, ends } = run;
      if (state !== 'running' || node === null || worker === null || ends === null)
        throw notPossible(id, state, 'only a running run has an end to move');
      const lease = await previewExtension(beginCall(runtime), worker, seconds, node);
      // A list may show an older lease, and a process that died may not have stored the last one.
      const from = Math.max(lease.from, ends);
      const maxDuration = limits.maxDurationOf(run.organisation);
      const decision = extended(run, { from, seconds, attempts: await runs.attempts(id), maxDuration });
      const effect = await outlook.extend(run, from + seconds * 1000, force);
      const mayName = (other: string) => runs.get(other)?.organisation === run.organisation;
      if (!force) assertNoDelay(id, effect, mayName);
      return decision;
    });
    const { to } = await extendWorker(beginCall(runtime), run.worker!, seconds, run.node!);
    return this.change(id, 'extended', { ends: new Date(to).toISOString() }, ({ state }) =>
      state === 'running' ? { change: { ends: to } } : null,
    );
  }

  /** Decides on the newest revision, again where another change was first. */
  private async change(
    id: string,
    type: string,
    data: Readonly<Record<string, unknown>>,
    decide: (run: Run) => Decision | Promise<Decision>,
  ): Promise<Run> {
    const { runs, driver } = this.parts;
    for (;;) {
      const run = await runs.find(id);
      if (!run) throw new MayflyError('run_unknown', { place: { path: id }, cause: 'there is no run with this id' });
      const decision = await decide(run);
      if (decision === null) return run;
      const { change, attempt } = decision;
      const changed = await runs.change(run, change, { type, data }, attempt);
      if (!changed) continue;
      if (change.state !== undefined || change.next !== undefined) driver.outdate(id);
      return changed;
    }
  }
}

/**
 * @param mayName whether a run's id may be in the message
 * @throws MayflyError `promise_broken` with who would wait, and how much longer
 */
function assertNoDelay(run: string, { delays, drained }: Extension, mayName: (run: string) => boolean): void {
  if (delays.length === 0 && !drained) return;
  const problems = [
    ...(drained ? [{ cause: 'its node is drained, and shall be empty before' }] : []),
    ...delays.map(({ run: other, longer }) => ({
      place: { path: mayName(other) ? other : 'a run of another organisation' },
      cause: longer === null ? 'would have no promised start any more' : `would wait ${duration(longer / 1000)} longer than was promised`,
    })),
  ];
  throw new MayflyError('promise_broken', {
    place: { path: run },
    cause: `the extension would delay ${drained ? 'a drain' : `${delays.length} promised start${delays.length === 1 ? '' : 's'}`}`,
    remedy: 'extend it by less; an administrator may force it',
    problems,
  });
}

function changeToCancelled({ state }: Run, now: number): RunChange {
  const cancelled = { state: 'cancelled', reason: 'cancelled' } as const;
  if (state === 'queued' || state === 'offered' || state === 'elsewhere') return { ...cancelled, completedAt: now };
  const next = { ...cancelled, exitCode: null };
  return state === 'ending' ? { next } : { state: 'ending', next };
}

function notPossible(id: string, state: string, remedy: string): MayflyError {
  return new MayflyError('not_possible', { place: { path: id }, cause: `the run is ${state}`, remedy });
}
