import { PassThrough, Readable } from 'node:stream';
import { isFinal, type Task } from '../../tasks/task.js';
import { beginCall } from '../../worker/call.js';
import { outputOfDetached } from '../../worker/detached/index.js';
import type { Runtime } from '../../worker/runtime.js';
import type { Run } from '../run.js';
import type { TaskOutputs } from './outputs.js';
import { runOfWorker } from '../worker-name.js';
import { holds } from './run-workers.js';

export interface OutputParts {
  runtime: Runtime;
  runs: { get(id: string): Run | undefined };
  outputs: Pick<TaskOutputs, 'read'>;
}

export interface OutputOptions {
  /** The first byte. */
  from: number;
  /** Whether the output of a running command is followed to its end. */
  follow: boolean;
  /** Ends the reading. */
  signal: AbortSignal;
}

/**
 * The output of a task from a byte on: of a finished one as it was stored, of a running one from its worker. One that has written nothing yet
 * has an empty output. A failure is an error of the stream.
 */
export async function readOutput(task: Task, { runtime, runs, outputs }: OutputParts, options: OutputOptions): Promise<Readable> {
  const { from, follow, signal } = options;
  const run = runs.get(runOfWorker(task.worker ?? '')?.run ?? '');
  if (isFinal(task.state)) return (await outputs.read(task.id, from)) ?? Readable.from([]);
  const { state, worker, container, token } = task;
  if (state !== 'running' || worker === null || token === null || !run || run.node === null || !holds(run, worker))
    return Readable.from([]);
  const backend = await runtime.openNode(run.node);
  const sink = new PassThrough();
  const call = beginCall(runtime, { stop: signal });
  void outputOfDetached(call, backend, { worker, container, id: token }, { from, follow }, sink).then(
    () => sink.end(),
    (error: unknown) => sink.destroy(signal.aborted ? undefined : (error as Error)),
  );
  return sink;
}
