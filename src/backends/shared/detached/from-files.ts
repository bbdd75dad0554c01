import { PassThrough, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { DetachedOutput, DetachedPlace, DetachedState } from '../../ports/detached.js';
import { parseAnswer } from './answer.js';
import type { GroundFiles } from './ground.js';

/** The state of a command whose container runs no scripts; `null`: no such command. */
export async function stateFromFiles(
  directory: string,
  files: GroundFiles,
  { id }: DetachedPlace,
  signal: AbortSignal,
): Promise<DetachedState | null> {
  const result = await textOf(files, `${directory}/${id}/result`, signal);
  if (result !== null) return parseAnswer(result)?.state ?? { state: 'lost' };
  if ((await textOf(files, `${directory}/${id}/claim`, signal)) === null) return null;
  return { state: files.paused ? 'running' : 'lost' };
}

/** The kept output of a command whose container runs no scripts; `null`: no such command. */
export async function outputFromFiles(
  directory: string,
  files: GroundFiles,
  place: DetachedPlace,
  from: number,
  sink: Writable,
  signal: AbortSignal,
): Promise<(DetachedOutput & { state: DetachedState }) | null> {
  const state = await stateFromFiles(directory, files, place, signal);
  if (state === null) return null;
  const bytes = (await files.read(`${directory}/${place.id}/out`, from, sink, signal)) ?? 0;
  return { bytes, cut: (await textOf(files, `${directory}/${place.id}/cut`, signal)) !== null, state };
}

async function textOf(files: GroundFiles, path: string, signal: AbortSignal): Promise<string | null> {
  const stream = new PassThrough();
  const content = text(stream);
  const bytes = await files.read(path, 0, stream, signal).finally(() => stream.end());
  return bytes === null ? null : content;
}
