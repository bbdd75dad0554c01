import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { WorkerFiles } from '../../backends/ports/sessions.js';
import { notCopied } from '../../backends/shared/special-files.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { absent, contentOf, target } from '../copy.js';
import { digested } from './digested.js';
import { Interrupted } from './interrupted.js';
import { limited } from './limited.js';
import type { Digest } from './tar-digest.js';

/** A path in a container. */
export interface TransferEnd {
  /** `WORKER:CONTAINER`, for messages. */
  name: string;
  files: WorkerFiles;
  path: string;
}

export interface OnceContext {
  clock: Clock;
  signal: AbortSignal;
  /** Called when the files have their place, and something else has failed. */
  onWarning(cause: string): void;
}

/** Milliseconds to make a staging directory, and to remove it. A stop waits for both, so that none is left. */
const short = 60_000;
/** Milliseconds to give all files their place: a tree joins another one file by file. */
const placing = 600_000;

export type Transferred = Omit<Digest, 'root'>;

/**
 * Copies a file or a tree from one container to another as a stream, by the rules of `cp`: into an existing directory, else under the new
 * name. The files are unpacked in a directory beside their place, and are read from there again. They get their place when these have the
 * SHA-256 of what was sent.
 *
 * @throws Interrupted where another try may succeed
 */
export async function transferOnce(from: TransferEnd, to: TransferEnd, context: OnceContext): Promise<Transferred> {
  const { signal, clock, onWarning } = context;
  const source = await at(from, () => from.files.stat(from.path, signal));
  if (!source) throw named(from, absent(from.path));
  if (source.special !== undefined) throw named(from, notCopied(from.path, source.special));
  const name = contentOf(from.path) && source.directory ? '.' : posix.basename(posix.resolve('/', from.path)) || '.';
  const place = await at(to, () => target(posix, to.path, { ...source, name }, (path) => to.files.stat(path, signal)));
  const staging = await at(to, () => limited((own) => to.files.stage(place.directory, own), short, notMade(place.directory), clock));
  const remove = () => limited((own) => staging.remove(own), short, new Error(`no answer within ${short / 1000} s`), clock);
  try {
    const { root, ...sent } = await digested(
      (own) => at(from, () => from.files.read(source.path, own)),
      (tar, own) => at(to, () => staging.write(tar, own)),
      context,
    );
    const { sha256: arrived } = await at(to, () => digested((own) => staging.read(root, own), drain, context));
    if (arrived !== sent.sha256) throw new Interrupted(`SHA-256 ${sent.sha256} was sent, and ${arrived} has arrived`);
    signal.throwIfAborted();
    const whole = posix.join(place.directory, place.name);
    const put = (own: AbortSignal) => staging.place(root, whole, AbortSignal.any([signal, own]));
    await at(to, () => limited(put, placing, notPlaced(whole), clock));
    await remove().catch((error: Error) => onWarning(`${to.name}:${staging.path} was not removed: ${error.message}`));
    return sent;
  } catch (error) {
    // The first cause counts.
    await remove().catch(() => {});
    throw error;
  }
}

function notMade(directory: string): Error {
  return new Interrupted(`no directory could be made in ${directory} within ${short / 1000} s`);
}

function notPlaced(path: string): Error {
  const cause = `the files did not get their place within ${placing / 1000} s`;
  return new MayflyError('copy_failed', { place: { path }, cause, remedy: 'see whether the container answers, then copy again' });
}

async function drain(tar: Readable): Promise<void> {
  for await (const _ of tar);
}

type Named = Pick<TransferEnd, 'name'>;

/** Does a part of the work at one of the two ends. Its errors name the end. */
async function at<T>(end: Named, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw error instanceof MayflyError ? named(end, error) : error;
  }
}

function named({ name }: Named, { code, place, message: cause, remedy }: MayflyError): MayflyError {
  const path = place?.path?.startsWith('/') ? `${name}:${place.path}` : (place?.path ?? name);
  return new MayflyError(code, { place: { ...place, path }, cause, ...(remedy !== undefined && { remedy }) });
}
