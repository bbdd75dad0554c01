import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Node } from '../nodes/node.js';
import type { Orphans } from '../orphans.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Driver } from '../steps/drive.js';
import type { Store } from '../store/store.js';
import { type MovedRun, toMovedRun } from './document.js';

export interface ExportParts {
  runs: Runs;
  store: Store;
  driver: Driver;
  orphans: Orphans;
  nodes: ReadonlyMap<string, Pick<Node, 'now'>>;
  /** The id of this service's installation. */
  installation: string;
  clock: Clock;
  /** Whether living workers may have runs that the store lacks. */
  recovering(): boolean;
}

/** Gives runs to other installations. */
export class Exports {
  constructor(private readonly parts: ExportParts) {}

  /**
   * Marks a run as moved. From then on this service neither ends nor follows its worker. A repeated call returns the same document.
   *
   * @param to the installation that may import it. One document for several would make several workers of a run
   * @throws MayflyError `not_possible` unless the run waits or is running, for a second target, and while workers may have no run
   */
  async export(id: string, to: string): Promise<MovedRun> {
    const { store, installation } = this.parts;
    const run = await this.moved(id, to);
    const [attempts, events] = await Promise.all([store.attempts(id), store.events({ run: id, newest: true, limit: 1000 })]);
    return toMovedRun(run, { attempts, events }, installation);
  }

  private async moved(id: string, movedTo: string): Promise<Run> {
    const { runs, driver, nodes, clock } = this.parts;
    for (;;) {
      const run = await runs.find(id);
      if (!run) throw new MayflyError('run_unknown', { place: { path: id }, cause: 'there is no run with this id' });
      if (run.state === 'moved' && run.movedTo === movedTo) return run;
      this.assertMovable(run, movedTo);
      const now = clock.now();
      const change = { state: 'moved', movedTo, completedAt: now } as const;
      const event = { type: 'moved', data: { to: movedTo } };
      const attempt = run.node === null ? undefined : { number: run.attempt, endedAt: nodes.get(run.node)?.now ?? now };
      const moved = await runs.change(run, change, event, attempt);
      if (!moved) continue;
      driver.outdate(id);
      return moved;
    }
  }

  private assertMovable({ id, state, movedTo, command, workers, primary }: Run, to: string): void {
    if (to === this.parts.installation) throw refused(id, 'it would move to this installation', 'name another one');
    if (state === 'moved')
      throw refused(id, `the run has moved to the installation ${movedTo}`, 'import it there: a run moves to one installation');
    if (command !== null) throw refused(id, 'a run with a command does not move', 'wait for its end, or cancel it');
    if (workers !== null || primary !== null)
      throw refused(
        id,
        `a run ${primary === null ? 'with stealers' : 'that is a stealer'} does not move`,
        'wait for its end, or cancel it',
      );
    // A run that waits by an older copy of the store may have a worker.
    if (this.parts.recovering())
      throw refused(id, 'the runs of living workers are not all found again', 'send the request again when every node has answered');
    if (state !== 'queued' && state !== 'running')
      throw refused(id, `the run is ${state}`, 'export it when its state is queued or running; POST …/requeue gives back its node');
    if (this.parts.orphans.has(id)) throw refused(id, 'a late worker of the run is being ended', 'send the request again in some seconds');
  }
}

function refused(run: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('not_possible', { place: { path: run }, cause, remedy });
}
