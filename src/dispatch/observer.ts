import type { Task } from '../tasks/task.js';
import type { Run } from './run.js';

/** Is called at events that metrics count. */
export interface Observer {
  /** After each change of a run. `before`: `undefined` for a new one. */
  changed(run: Run, before: Run | undefined): void;
  /** After each change of a task. `before`: `undefined` for a new one. */
  taskChanged(task: Task, before: Task | undefined): void;
  /** After each look at a node, which took so many milliseconds. */
  looked(node: string, ms: number, answered: boolean): void;
}
