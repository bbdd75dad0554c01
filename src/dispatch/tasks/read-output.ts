import { Readable } from 'node:stream';
import { MayflyError } from '../../errors.js';
import type { Task } from '../../tasks/task.js';
import type { OutputOptions } from '../detached-output.js';
import type { TaskOutputs } from './outputs.js';

export interface OutputParts {
  /** The tasks that have not ended. */
  tasks: { get(id: string): Task | undefined };
  outputs: Pick<TaskOutputs, 'live' | 'untilLive' | 'read'>;
}

/**
 * The output of a task from a byte on: of a finished one as it was stored, of a running one as far as it was read from its worker. `follow`: a
 * task that has not begun is waited for, and the end is that of its delivery. A failure is an error of the stream.
 */
export function readOutput(task: Task, parts: OutputParts, options: OutputOptions): Readable {
  return Readable.from(outputOf(task, parts, options), { objectMode: false });
}

async function* outputOf(
  task: Task,
  { tasks, outputs }: OutputParts,
  { from, follow, signal }: OutputOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const hasEnded = () => tasks.get(task.id) === undefined;
  const live = follow ? await outputs.untilLive(task.id, hasEnded, signal) : outputs.live(task.id);
  if (live && (yield* live.read(from, follow, signal))) return;
  const stored = await outputs.read(task, from);
  if (stored) yield* stored as AsyncIterable<Buffer>;
}

export function outputRemoved({ id }: Task): MayflyError {
  return new MayflyError('not_found', {
    place: { path: id },
    cause: 'the output of the task was removed, because newer ones of its organisation need the space',
    remedy: 'read outputs sooner, or let the service keep more: `serve.task_outputs` in its settings',
  });
}
