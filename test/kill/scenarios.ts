import { dockerAt, startKeeper } from './keeper.js';
import { makeWorker } from './make-worker.js';
import { kill } from '../support/processes.js';
import { recoveries } from './recovery.js';
import type { Scenario, Victim } from './run-points.js';
import type { Stage } from './stage.js';
import { fullSpec, hours, pastDeadline, smallSpec } from './worker-file.js';

const nothing = () => Promise.resolve();

/** Starts the CLI. `NAME` and `SPEC` stand for the stage's worker and the file of its spec. */
export function command(...args: string[]) {
  return async (stage: Stage): Promise<Victim> => {
    const { pid, done } = await stage.cli(...args.map((arg) => ({ NAME: stage.worker, SPEC: stage.spec })[arg] ?? arg));
    return {
      done,
      async kill() {
        await kill(pid);
        await done;
      },
    };
  };
}

export const scenarios: Scenario[] = [
  {
    name: 'apply',
    prepare: nothing,
    start: command('apply', 'SPEC', '--auto-approve'),
    recoveries: [...recoveries, 'apply again, destroy'],
    // One that is to be killed gets healthy later, so that it polls at least as often as the unharmed run.
    spec: (worker, unharmed) => fullSpec(worker, hours, unharmed ? 0.2 : 0.6),
  },
  {
    name: 'destroy',
    prepare: makeWorker,
    start: command('destroy', 'NAME', '--auto-approve'),
    recoveries,
    spec: (worker) => fullSpec(worker, hours),
  },
  {
    name: 'extend',
    prepare: makeWorker,
    start: command('extend', 'NAME', '1'),
    recoveries,
    spec: (worker) => smallSpec(worker, hours),
  },
  {
    name: "the keeper's end",
    prepare: makeWorker,
    start: ({ machine, proxy }) => startKeeper(machine, dockerAt(proxy.host)),
    recoveries,
    spec: (worker) => fullSpec(worker, hours),
    ahead: pastDeadline,
  },
];
