import { mkdir, mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend } from '../../backends/ports/backend.js';
import type { ContainerFiles } from '../../backends/ports/sessions.js';
import { MayflyError } from '../../errors.js';
import type { ArtifactSpec } from '../../spec/worker-spec.js';
import type { Call } from '../call.js';
import { sessionsOf } from '../sessions.js';
import { type Placed, putInPlace } from './put-in-place.js';
import { type Selection, selectionOf, selects } from './selection.js';
import { unpackedName, unpackSelected } from './unpack.js';

/** The result for one artifact. */
export interface Collected {
  artifact: ArtifactSpec;
  /** Path in the caller's directory, for people, and what is there now; `null`: nothing was collected. */
  placed: (Placed & { path: string }) | null;
  /** Why it was not collected; `null`: it was, or the container has no such file. */
  failure: Error | null;
}

export interface CollectOptions {
  /** The caller's directory. */
  directory: string;
  /** Milliseconds for all artifacts together. */
  within: number;
  /** Counts a file of so many bytes, over all artifacts. @returns the error that ends the artifact where the file is too much */
  count?(bytes: number): MayflyError | null;
}

/**
 * Copies artifacts out of a worker's containers, each of them whole or not at all. Failures are warnings. A second Ctrl-C ends the work.
 */
export function collectArtifacts(
  call: Call,
  backend: Backend,
  worker: string,
  artifacts: readonly ArtifactSpec[],
  options: CollectOptions,
): Promise<Collected[]> {
  return collectFrom(call, async (container) => sessionsOf(backend).files(worker, container), artifacts, options);
}

type FilesOf = (container: string) => Promise<ContainerFiles>;

/** As `collectArtifacts`, for containers of any kind. */
export async function collectFrom(
  call: Pick<Call, 'clock' | 'emit' | 'abort'>,
  filesOf: FilesOf,
  artifacts: readonly ArtifactSpec[],
  { directory, within, count = () => null }: CollectOptions,
): Promise<Collected[]> {
  if (artifacts.length === 0) return [];
  const [late, done] = [new AbortController(), new AbortController()];
  const lateError = () => late.abort(notCollected(`the ${within / 1000} s of \`collect_grace\` were over`));
  call.clock.sleep(within, done.signal).then(lateError, () => {});
  let staging: string | undefined;
  try {
    const root = await realpath(directory);
    staging = await mkdtemp(join(root, '.mayfly-artifacts-'));
    const places = { root, staging, count, signal: AbortSignal.any([call.abort, late.signal]) };
    return await Promise.all(artifacts.map((artifact, index) => collectOne(call, filesOf, artifact, String(index), places)));
  } catch (thrown) {
    call.emit({ type: 'warning', message: `no artifacts were collected: ${messageOf(thrown)}` });
    return artifacts.map((artifact) => ({ artifact, placed: null, failure: errorOf(thrown) }));
  } finally {
    done.abort();
    if (staging !== undefined) await rm(staging, { recursive: true, force: true });
  }
}

interface Places {
  /** The caller's directory, a real path. */
  root: string;
  /** A directory in it, for files that are not complete yet. */
  staging: string;
  signal: AbortSignal;
  count(bytes: number): MayflyError | null;
}

async function collectOne(
  { emit }: Pick<Call, 'emit'>,
  filesOf: FilesOf,
  artifact: ArtifactSpec,
  id: string,
  { staging, ...places }: Places,
): Promise<Collected> {
  const warn = (message: string) => emit({ type: 'warning', message: `artifact ${artifact.container}:${artifact.from}: ${message}` });
  try {
    const unpacked = join(staging, id);
    await mkdir(unpacked);
    const files = await filesOf(artifact.container);
    const placed = await copyOne(files, artifact, { ...places, unpacked, warn });
    if (placed === null && !artifact.optional) warn('there is no such file');
    return { artifact, placed, failure: null };
  } catch (thrown) {
    warn(`not collected: ${messageOf(thrown)}`);
    return { artifact, placed: null, failure: errorOf(thrown) };
  }
}

/** @returns `null` where the container has no such file */
async function copyOne(
  files: ContainerFiles,
  artifact: ArtifactSpec,
  { root, unpacked, signal, count, warn }: Omit<Places, 'staging'> & { unpacked: string; warn(message: string): void },
): Promise<Collected['placed']> {
  const selection = selectionOf(artifact, files.workingDirectory);
  const found = await files.stat(selection.root, signal);
  if (found === null) return null;
  if (found.special !== undefined) throw notCollected(`${selection.root} is ${found.special}`);
  const skipped: string[] = [];
  const onSkipped = (entry: string) => void skipped.push(entry);
  const limit = (artifact.max ?? Infinity) * 2 ** 20;
  let bytes = 0;
  await unpackSelected(await files.read(found.path, signal), unpacked, {
    accepts: await acceptsOf(selection.glob),
    count(size) {
      bytes += size;
      return bytes > limit ? tooLarge(limit) : count(size);
    },
    signal,
    onSkipped,
  });
  const tree = join(unpacked, unpackedName);
  const isThere = (await stat(tree).catch(() => null)) !== null;
  const placed = isThere
    ? { path: shownPath(selection, artifact), ...(await putInPlace(tree, root, selection.destination, onSkipped)) }
    : null;
  const more = skipped.length > listed ? `; and ${skipped.length - listed} more` : '';
  if (skipped.length > 0) warn(`left out: ${skipped.slice(0, listed).join('; ')}${more}`);
  return placed;
}

/** A glob that is put in the caller's directory itself is shown as the glob. */
function shownPath({ destination }: Selection, { from }: ArtifactSpec): string {
  return destination === '.' ? from : destination;
}

/** Number of skipped entries that a warning lists. */
const listed = 3;

async function acceptsOf(glob: string | null): Promise<(path: string) => boolean> {
  if (glob === null) return () => true;
  const { default: picomatch } = await import('picomatch');
  return selects(picomatch(glob, { dot: true, nonegate: true, noextglob: true }));
}

/** A system error's message is enough: it names the call and the path. */
function messageOf(thrown: unknown): string {
  return errorOf(thrown).message;
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function tooLarge(limit: number): MayflyError {
  return new MayflyError('copy_failed', {
    cause: `it has more than ${limit / 2 ** 20} MB, its \`max\``,
    remedy: 'raise max, or collect less',
  });
}

function notCollected(cause: string): MayflyError {
  return new MayflyError('copy_failed', { cause, remedy: 'see docs/spec.md, Artifacts' });
}
