import { MayflyError } from '../errors.js';
import { groupByWorker } from '../lease/deadline.js';
import { specNameOf } from '../lease/birth.js';
import type { BackendName } from '../spec/worker-spec.js';
import type { Call } from './call.js';
import { reachableBackends } from './locate.js';

/**
 * Does something with the worker of a name. Where no worker has the name, or had it in the last 7 days, it is done with the living worker whose
 * spec has it: a dispatcher gives its workers other names.
 *
 * @param act throws MayflyError `worker_unknown` where no worker has the name
 * @throws MayflyError `worker_ambiguous` where several workers were made from specs of this name; and those of `act`
 */
export async function byEitherName<T>(
  call: Call,
  name: string,
  only: BackendName | undefined,
  act: (worker: string) => Promise<T>,
): Promise<T> {
  try {
    return await act(name);
  } catch (error) {
    if (!(error instanceof MayflyError) || error.code !== 'worker_unknown') throw error;
    const [worker, ...others] = await workersOfSpec(call, name, only);
    if (worker === undefined) throw error;
    if (others.length === 0) return act(worker);
    throw new MayflyError('worker_ambiguous', {
      place: { path: name },
      cause: `several workers have a spec of this name: ${[worker, ...others].join(', ')}`,
      remedy: 'give the name of one of them',
    });
  }
}

async function workersOfSpec(call: Call, spec: string, only: BackendName | undefined): Promise<string[]> {
  const { backends } = await reachableBackends(call, only);
  const all = (await Promise.all(backends.map((backend) => backend.list()))).flat();
  return [...groupByWorker(all)].flatMap(([worker, objects]) => (specNameOf(objects) === spec ? [worker] : [])).sort();
}
