import { MayflyError } from '../../errors.js';
import type { Run } from '../run.js';
import type { Runs } from '../runs.js';
import type { Token } from '../store/store.js';

/** @throws MayflyError `run_unknown`, also for another organisation's run */
export async function ownRun(runs: Pick<Runs, 'find'>, token: Token, id: string | undefined): Promise<Run> {
  const run = id === undefined ? null : await runs.find(id);
  if (run?.organisation === token.organisation) return run;
  throw new MayflyError('run_unknown', {
    place: { path: id ?? '' },
    cause: 'there is no run with this id',
    remedy: 'see GET /v1/runs',
  });
}
