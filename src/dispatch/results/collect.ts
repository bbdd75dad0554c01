import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../backends/ports/backend.js';
import { MayflyError } from '../../errors.js';
import type { ArtifactSpec } from '../../spec/worker-spec.js';
import { isDiskFull } from '../../state/atomic-file.js';
import { type Collected, collectArtifacts } from '../../worker/artifacts/collect.js';
import type { Call } from '../../worker/call.js';
import { type DetachedPlace, outputOfDetached } from '../../worker/detached/index.js';
import { writeOutputFile } from '../output-file.js';
import type { ResultsDirectory } from './directory.js';
import { artifactsName, filesIn, type Manifest, outputName } from './manifest.js';
import { Share } from './room.js';

export interface CollectedRun {
  run: string;
  attempt: number;
  exitCode: number | null;
  /** `null`: the command was not started, so there is no output. */
  place: DetachedPlace | null;
  worker: string;
  artifacts: readonly ArtifactSpec[];
  /** Milliseconds for all artifacts together. */
  within: number;
}

/**
 * Collects output and artifacts of a command, all of them or nothing. An artifact that cannot be collected because of itself is named in the
 * manifest.
 *
 * @throws MayflyError `storage_full`, `limit_exceeded`; those of the backend
 */
export async function collectResults(call: Call, backend: Backend, of: CollectedRun, directory: ResultsDirectory): Promise<Manifest> {
  const part = await directory.begin(of.run);
  const share = new Share(directory.room);
  try {
    const output = await collectOutput(call, backend, of.place, join(part, outputName));
    const tooMuch = share.take(output.bytes);
    if (tooMuch) throw tooMuch;
    const missing = await collectInto(join(part, artifactsName), call, backend, of, share);
    const files = await filesIn(part);
    const manifest = { run: of.run, attempt: of.attempt, exit_code: of.exitCode, output, files, missing };
    // From here on, the complete directory counts.
    share.giveBack();
    await directory.finish(of.run, manifest);
    return manifest;
  } catch (error) {
    share.giveBack();
    // The first error is the cause. A sweep removes what is left.
    await directory.discard(of.run).catch(() => {});
    throw explained(error);
  }
}

async function collectOutput(call: Call, backend: Backend, place: DetachedPlace | null, path: string): Promise<Manifest['output']> {
  return writeOutputFile(path, async (file) => {
    if (!place) return { bytes: 0, cut: false };
    const { bytes, cut } = await outputOfDetached(call, backend, place, { from: 0, follow: false }, file);
    return { bytes, cut };
  });
}

async function collectInto(
  directory: string,
  call: Call,
  backend: Backend,
  { worker, artifacts, within }: CollectedRun,
  share: Share,
): Promise<Manifest['missing']> {
  await mkdir(directory, { mode: 0o700 });
  const count = (bytes: number) => share.count(bytes);
  const collected = await collectArtifacts(call, backend, worker, artifacts, { directory, within, count });
  const fatal = collected.find(({ failure }) => failure !== null && endsAll(failure));
  if (fatal?.failure) throw fatal.failure;
  return collected.flatMap(missingOf);
}

/** The artifact, if it had to be there and is not. */
function missingOf({ artifact: { container, from, optional }, placed, failure }: Collected): Manifest['missing'] {
  if (placed !== null || (optional && failure === null)) return [];
  return [{ artifact: `${container}:${from}`, cause: failure?.message ?? 'there is no such file' }];
}

/** Errors that are about the service or the node, and not about the artifact. */
function endsAll(error: Error): boolean {
  if (error instanceof MayflyError) return error.code !== 'copy_failed' && error.code !== 'container_unknown';
  return isDiskFull(error);
}

function explained(error: unknown): unknown {
  if (!isDiskFull(error)) return error;
  return new MayflyError('storage_full', {
    place: { path: 'results' },
    cause: `no space left for the results: ${(error as Error).message}`,
    remedy: 'free some space in the directory of the results, or set `serve.results.directory` to another disk; then submit the run again',
    error,
  });
}
