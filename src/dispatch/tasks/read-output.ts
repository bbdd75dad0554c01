import { Readable } from 'node:stream';
import { MayflyError } from '../../errors.js';
import { isFinal, type Task } from '../../tasks/task.js';
import type { Runtime } from '../../worker/runtime.js';
import { type OutputOptions, streamDetached } from '../detached-output.js';
import type { Run } from '../run.js';
import type { TaskOutputs } from './outputs.js';
import { runOfWorker } from '../worker-name.js';
import { holds } from './run-workers.js';

export interface OutputParts {
  runtime: Runtime;
  runs: { get(id: string): Run | undefined };
  outputs: Pick<TaskOutputs, 'read'>;
}

/**
 * The output of a task from a byte on: of a finished one as it was stored, of a running one from its worker. One that has written nothing yet
 * has an empty output. A failure is an error of the stream.
 */
export async function readOutput(task: Task, { runtime, runs, outputs }: OutputParts, options: OutputOptions): Promise<Readable> {
  const run = runs.get(runOfWorker(task.worker ?? '')?.run ?? '');
  if (isFinal(task.state)) return (await outputs.read(task.id, options.from)) ?? Readable.from([]);
  const { state, worker, container, token } = task;
  if (state !== 'running' || worker === null || token === null || !run || run.node === null || !holds(run, worker))
    return Readable.from([]);
  const live = await streamDetached(runtime, run.node, { worker, container, id: token }, options);
  return Readable.from(
    withRest(live, options.from, (from) => outputs.read(task.id, from)),
    { objectMode: false },
  );
}

/** A live output from a byte on. If the task ends meanwhile, its files may be removed from the worker: then the rest is as it was stored. */
export async function* withRest(
  live: Readable,
  from: number,
  stored: (from: number) => Promise<Readable | null>,
): AsyncGenerator<Buffer, void, undefined> {
  let at = from;
  try {
    for await (const chunk of live as AsyncIterable<Buffer>) {
      at += chunk.length;
      yield chunk;
    }
  } catch (error) {
    const rest = error instanceof MayflyError && error.code === 'not_found' ? await stored(at) : null;
    if (!rest) throw error;
    yield* rest as AsyncIterable<Buffer>;
  }
}
