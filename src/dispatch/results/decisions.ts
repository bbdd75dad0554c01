import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { RunChange } from '../store/store.js';
import type { ResultsDirectory } from './directory.js';
import { mayFollowResults, type Results, type ResultsState } from './states.js';

/** Decisions of people about results. Each returns the run after the change. */
export class ResultsDecisions {
  constructor(private readonly parts: { runs: Runs; directory: ResultsDirectory; clock: Pick<Clock, 'now'> }) {}

  /** Publishes results, also again after a failure. @throws MayflyError `not_possible` in another state */
  accept(id: string, justification: string): Promise<Run> {
    const now = this.parts.clock.now();
    return this.decide(id, 'accepted', justification, (results) => {
      if (!results.collected) throw notPossible(id, 'the results could not be collected, so there are no files', 'submit the run again');
      return { results: { ...results, state: 'accepted', tries: 0, error: null }, resultsDue: now };
    });
  }

  /** Removes results. @throws MayflyError `not_possible` in another state */
  async reject(id: string, justification: string): Promise<Run> {
    const rejected = await this.decide(id, 'rejected', justification, (results) => ({
      results: { ...results, state: 'rejected' },
      resultsDue: null,
    }));
    await this.parts.directory.remove(id);
    return rejected;
  }

  /** Decides on the newest revision, again where another change was first. */
  private async decide(id: string, to: ResultsState, justification: string, changeOf: (results: Results) => RunChange): Promise<Run> {
    const { runs } = this.parts;
    for (;;) {
      const run = await runs.find(id);
      if (!run) throw new MayflyError('run_unknown', { place: { path: id }, cause: 'there is no run with this id' });
      const { results } = run;
      if (!results) throw withoutResults(run);
      if (!mayFollowResults(results.state, to)) {
        throw notPossible(id, `the results are ${results.state}, and cannot become ${to}`, 'see GET /v1/runs/ID/results');
      }
      const changed = await runs.change(run, changeOf(results), { type: `results_${to}`, data: { justification } });
      if (changed) return changed;
    }
  }
}

/** @throws MayflyError `not_possible` for a run that can have no results */
export function assertHasCommand({ id, command }: Run): void {
  if (command === null) throw notPossible(id, 'the run has no command', 'submit a run with a `command`');
}

function withoutResults(run: Run): MayflyError {
  assertHasCommand(run);
  return notPossible(run.id, `the run is ${run.state}, and has no results`, 'see GET /v1/runs/ID/results');
}

export function notPossible(run: string, cause: string, remedy: string): MayflyError {
  return new MayflyError('not_possible', { place: { path: run }, cause, remedy });
}
