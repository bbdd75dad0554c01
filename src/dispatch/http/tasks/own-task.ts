import type { Task } from '../../../tasks/task.js';
import type { Token } from '../../store/store.js';
import { taskUnknown } from '../../tasks/tasks.js';

/** @throws MayflyError `task_unknown`, also for another organisation's task */
export async function ownTask(tasks: { find(id: string): Promise<Task | null> }, token: Token, id = ''): Promise<Task> {
  const task = await tasks.find(id);
  if (task?.organisation === token.organisation) return task;
  throw taskUnknown(id);
}
