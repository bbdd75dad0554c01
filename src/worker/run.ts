import type { Streams } from '../backends/backend.js';
import { MayflyError, toMayflyError } from '../errors.js';
import type { Plan } from '../plan/plan.js';
import type { Offer } from '../spec/offer.js';
import type { WorkerSpec } from '../spec/worker-spec.js';
import { applyWorker } from './apply.js';
import { destroyWorker } from './destroy.js';
import { type House, locateLiving } from './house.js';
import type { PlanOptions } from './plan.js';

export interface RunOptions extends PlanOptions {
  container: string;
  command: string[];
  streams: Streams;
  onPlan(plan: Plan): void;
}

/**
 * A worker for one command: apply, wait until ready, run it, destroy; whatever happens meanwhile, the worker is ended.
 *
 * @returns the command's exit code. @throws MayflyError `worker_exists`: one that lives already isn't ours to end.
 */
export async function runInWorker(house: House, spec: WorkerSpec, options: RunOptions): Promise<number> {
  let made = false;
  try {
    await applyWorker(house, spec, {
      ...options,
      // One that lives is refused anyway.
      adopt: true,
      onPlan(plan) {
        if (plan.changes.some(({ before }) => before !== null)) throw exists(spec.name);
        assertRuns(plan.offer);
        made = true;
        options.onPlan(plan);
      },
    });
    const backend = await locateLiving(house, spec.name, options.backend);
    return await backend.exec(spec.name, options.container, options.command, options.streams, house.stop);
  } finally {
    if (made) await endMade(house, spec.name, options);
  }
}

async function endMade(house: House, worker: string, { backend }: PlanOptions): Promise<void> {
  try {
    await destroyWorker(house, worker, backend ? { backend } : {});
  } catch (thrown) {
    const error = toMayflyError(thrown);
    // A failed apply has cleaned up after itself.
    if (error.code !== 'worker_unknown') throw error;
  }
}

/** Said before anything is made for nothing. */
function assertRuns({ backend, noCommands }: Offer): void {
  if (noCommands === null) return;
  throw new MayflyError('usage', {
    place: { path: backend },
    cause: `no command can be run in a worker there: ${noCommands}`,
    remedy: 'make it the command of the engine, with `mayfly apply` and `mayfly wait`, or name another backend',
  });
}

function exists(worker: string): MayflyError {
  return new MayflyError('worker_exists', {
    place: { path: worker },
    cause: 'a worker of this name lives already, and run ends the one it uses',
    remedy: `use \`mayfly exec ${worker} -- CMD\`, or give this run another --name`,
  });
}
