import { PassThrough, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { parseAnswer, type View } from './answer.js';
import type { GroundFiles } from './ground.js';

/** One look at a command whose container runs no scripts. `output`: its output is written. `null`: no such command. */
export async function viewOfFiles(
  files: GroundFiles,
  directory: string,
  signal: AbortSignal,
  output?: { from: number; sink: Writable },
): Promise<View | null> {
  const result = await textOf(files, `${directory}/result`, signal);
  if (result === null && (await textOf(files, `${directory}/claim`, signal)) === null) return null;
  if (output) await files.read(`${directory}/out`, output.from, output.sink, signal);
  const cut = (await textOf(files, `${directory}/cut`, signal)) !== null;
  const view = parseAnswer(result ?? '')?.view;
  if (view) return { ...view, cut };
  return files.paused ? { state: { state: 'running' }, cut, unsure: true } : { state: { state: 'lost' }, cut };
}

async function textOf(files: GroundFiles, path: string, signal: AbortSignal): Promise<string | null> {
  const stream = new PassThrough();
  const content = text(stream);
  const isThere = await files.read(path, 0, stream, signal).finally(() => stream.end());
  return isThere ? content : null;
}
