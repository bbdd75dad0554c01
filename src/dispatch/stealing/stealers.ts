import type { Clock } from '../../clock.js';
import { claimOfTask } from '../../tasks/fleets/claim.js';
import { Demand } from '../../tasks/fleets/demand.js';
import type { Need } from '../../tasks/fleets/snapshot.js';
import { afterEnd, noStarts, type Starts } from '../../tasks/fleets/starts.js';
import type { Task } from '../../tasks/task.js';
import { endOf } from '../fleets/end-of.js';
import { isEnding } from '../fleets/fleets.js';
import { isFinal, type Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Store } from '../store/store.js';
import { holds } from '../tasks/run-workers.js';
import { runOfWorker } from '../worker-name.js';

interface StealerParts {
  store: Pick<Store, 'fleets' | 'attempts'>;
  runs: Pick<Runs, 'all' | 'get'>;
  clock: Pick<Clock, 'now'>;
  /** Makes a pass soon. */
  wake(): void;
  /** Whether a node runs modules of WebAssembly. */
  runsModules(node: string): boolean;
}

/** A run that may have stealers. */
export interface KeptPrimary {
  run: string;
  /** The starts of the stealers of its current worker. */
  starts: Starts;
  demand: Demand;
  /** See `KeptFleet`. */
  forModules: boolean;
  /** Why it has fewer workers than it needs; `null`: it has as many. */
  refused: string | null;
  /** The workers of a fleet that it waits for; `null`: none. */
  needs: { fleet: string; need: Need } | null;
}

/** Stealers that are read to learn about the last starts. */
const recentRuns = 20;

/** Runs that may have stealers, and the stealers. */
export class Stealers {
  private readonly kept = new Map<string, KeptPrimary>();
  /** Stealers that take no more tasks: their end or return was decided. */
  readonly freeing = new Set<string>();
  /** Stealers that have ended, and whose end was not counted yet. */
  readonly ended = new Set<Run>();

  constructor(private readonly parts: StealerParts) {}

  /** Reads the stealers that an earlier process left. */
  async load(): Promise<void> {
    const { runs, store } = this.parts;
    for (const run of runs.all()) {
      if (run.workers === null) continue;
      const kept = this.keep(run.id);
      if (run.worker === null) continue;
      const ended = await store.fleets.endedStealers(run.worker, recentRuns);
      ended.sort((a, b) => a.completedAt! - b.completedAt!);
      for (const one of [...ended, ...this.of(run).filter(isOwnEnding)]) kept.starts = afterEnd(kept.starts, await endOf(one, this.parts));
    }
  }

  all(): KeptPrimary[] {
    return [...this.kept.values()];
  }

  /** `undefined`: the run has no stealers, or has ended. */
  get(run: string): KeptPrimary | undefined {
    return this.kept.get(run);
  }

  /** Stealers of a run's current worker. */
  of({ worker }: Pick<Run, 'worker'>): Run[] {
    return worker === null ? [] : this.living().filter(({ primary }) => primary === worker);
  }

  /** Stealers without a primary: its worker has ended, or is being ended. */
  withoutPrimary(): Run[] {
    return this.living().filter((run) => {
      const primary = this.parts.runs.get(runOfWorker(run.primary!)?.run ?? '');
      return !isEnding(run) && !holds(primary, run.primary);
    });
  }

  /** Stealers that take tasks of a run now. */
  takersOf(id: string): Run[] {
    const run = this.kept.has(id) ? this.parts.runs.get(id) : undefined;
    if (run?.state !== 'running') return [];
    return this.of(run).filter((one) => !this.freeing.has(one.id));
  }

  /** Whether a run may use a node. All may that are no stealer of their primary's spec. */
  mayUse({ primary, fleet }: Pick<Run, 'primary' | 'fleet'>, node: string): boolean {
    if (primary === null || fleet !== null) return true;
    const kept = this.kept.get(runOfWorker(primary)?.run ?? '');
    return !kept?.forModules || this.parts.runsModules(node);
  }

  /** Called after a task was added or changed. */
  taskChanged(task: Task, before: Task | undefined): void {
    const kept = this.kept.get(task.run ?? '');
    if (!kept) return;
    kept.demand.changed(claimOfTask(task), before ? claimOfTask(before) : null, this.parts.clock.now());
    if (task.state !== before?.state) this.parts.wake();
  }

  /** A run has changed. */
  changed(run: Run, before: Run | undefined): void {
    if (run.workers !== null) this.primaryChanged(run, before);
    if (run.primary === null || run.state === before?.state) return;
    const wasEnding = before !== undefined && isEnding(before);
    if (isFinal(run.state)) this.freeing.delete(run.id);
    if (isEnding(run) || (isFinal(run.state) && !wasEnding)) this.ended.add(run);
    this.parts.wake();
  }

  private primaryChanged(run: Run, before: Run | undefined): void {
    if (isFinal(run.state)) this.kept.delete(run.id);
    else {
      const kept = this.keep(run.id);
      // Another worker is another start.
      if (run.worker !== before?.worker) Object.assign(kept, { starts: noStarts, refused: null, needs: null });
    }
    if (run.state !== before?.state) this.parts.wake();
  }

  private keep(run: string): KeptPrimary {
    const kept = this.kept.get(run) ?? { run, starts: noStarts, demand: new Demand(), forModules: false, refused: null, needs: null };
    this.kept.set(run, kept);
    return kept;
  }

  private living(): Run[] {
    return [...this.parts.runs.all()].filter(({ primary }) => primary !== null);
  }
}

function isOwnEnding(run: Run): boolean {
  return run.fleet === null && isEnding(run);
}
