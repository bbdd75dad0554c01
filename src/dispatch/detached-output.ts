import { PassThrough, type Readable } from 'node:stream';
import type { DetachedPlace } from '../backends/ports/detached.js';
import { beginCall } from '../worker/call.js';
import { outputOfDetached } from '../worker/detached/index.js';
import type { Runtime } from '../worker/runtime.js';

export interface OutputOptions {
  /** The first byte. */
  from: number;
  /** Whether the output of a running command is followed to its end. */
  follow: boolean;
  /** Ends the reading. */
  signal: AbortSignal;
}

/** Starts to read the output of a detached command. A later failure is an error of the stream. */
export async function streamDetached(
  runtime: Runtime,
  node: string,
  place: DetachedPlace,
  { from, follow, signal }: OutputOptions,
): Promise<Readable> {
  const backend = await runtime.openNode(node);
  const output = new PassThrough();
  const call = beginCall(runtime, { stop: signal });
  void outputOfDetached(call, backend, place, { from, follow }, output).then(
    () => output.end(),
    (error: unknown) => output.destroy(signal.aborted ? undefined : (error as Error)),
  );
  return output;
}
