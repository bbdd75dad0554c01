import type { Backend } from '../../backends/ports/backend.js';
import { formatPlace, type Problem, toMayflyError } from '../../errors.js';
import { giveBack } from '../../tasks/delivery.js';
import type { TaskFiles } from '../../tasks/files.js';
import type { Task } from '../../tasks/task.js';
import type { Call } from '../../worker/call.js';
import { type DetachedPlace, stateOfDetached } from '../../worker/detached/index.js';
import type { Transfers } from '../transfers/transfers.js';
import type { Tasks } from './tasks.js';

export interface CarryParts {
  tasks: Tasks;
  transfers: Pick<Transfers, 'copy'>;
}

/**
 * Copies the files of a task, one after the other. If one cannot be copied, the delivery is given back with the first cause.
 *
 * @param run whose worker has the task
 * @returns whether all have arrived
 * @throws MayflyError `worker_ended` where the task's own worker is why; the reason of `call.stop`
 */
export async function carryFiles(
  task: Task,
  way: keyof TaskFiles,
  run: string,
  { tasks, transfers }: CarryParts,
  call: Call,
  { backend, place }: { backend: Backend; place: DetachedPlace },
): Promise<boolean> {
  const own = (path: string) => ({ run, container: task.container, path });
  const pairs =
    way === 'in'
      ? task.files.in.map(({ from, to }) => ({ from, to: own(to) }))
      : task.files.out.map(({ from, to }) => ({ from: own(from), to }));
  for (const [index, { from, to }] of pairs.entries()) {
    try {
      await transfers.copy(from, to, { signal: call.stop });
    } catch (thrown) {
      call.stop.throwIfAborted();
      await stateOfDetached(call, backend, place);
      const failure = failureOf(`files_${way}[${index}]`, thrown);
      await tasks.change(task.id, (now, at) => (now.token === place.id ? giveBack(now, place.id, { failure, now: at }) : null));
      return false;
    }
  }
  return true;
}

function failureOf(path: string, thrown: unknown): Problem {
  const { place, message, remedy } = toMayflyError(thrown);
  const cause = `was not copied: ${[formatPlace(place), message].filter(Boolean).join(': ')}`;
  return { place: { path }, cause, ...(remedy !== undefined && { remedy }) };
}
