import type { TaskReply } from '../../../client/documents.js';
import { isTaskFinal, type TaskClient } from '../../../client/tasks.js';
import type { Clock } from '../../../clock.js';

export interface LogsOptions {
  /** Until the task's end. */
  follow: boolean;
  clock: Clock;
  stop: AbortSignal;
  /** Writes a line beside the output. */
  note(text: string): void;
}

/** Milliseconds between two looks at a task that no worker does. */
const pause = 1000;

/** Writes the output of a task to standard output. A new delivery begins again, with a note. @throws MayflyError of the service */
export async function writeOutput(tasks: TaskClient, id: string, { follow, clock, stop, note }: LogsOptions): Promise<void> {
  let [from, attempt] = [0, 0];
  for (;;) {
    const task = await tasks.one(id);
    // The output of a task that waits is that of its next delivery.
    const next = follow && task.state === 'pending' ? task.attempt + 1 : task.attempt;
    if (next !== attempt && attempt !== 0) note(`delivery ${attempt} had no result; the output of delivery ${next} follows`);
    if (next !== attempt) [from, attempt] = [0, next];
    for await (const bytes of await tasks.output(id, { from, follow })) {
      process.stdout.write(bytes as Buffer);
      from += (bytes as Buffer).length;
    }
    if (!follow || isTaskFinal(task)) return cutNote(task, note);
    await clock.sleep(pause, stop);
  }
}

function cutNote({ output }: TaskReply, note: LogsOptions['note']): void {
  if (output?.cut) note(`the command wrote more: the first ${output.bytes} bytes were kept`);
}
