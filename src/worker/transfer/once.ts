import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { Staging, WorkerFiles } from '../../backends/ports/sessions.js';
import { notCopied } from '../../backends/shared/special-files.js';
import type { Clock } from '../../clock.js';
import { MayflyError } from '../../errors.js';
import { absent, contentOf, target } from '../copy.js';
import { digested } from './digested.js';
import { Interrupted } from './interrupted.js';
import type { Digest } from './tar-digest.js';

/** A path in a container. */
export interface TransferEnd {
  /** `WORKER:CONTAINER`, for messages. */
  name: string;
  files: WorkerFiles;
  path: string;
}

export type Transferred = Omit<Digest, 'root'>;

/**
 * Copies a file or a tree from one container to another as a stream, by the rules of `cp`: into an existing directory, else under the new
 * name. The files are unpacked in a directory beside their place, and are read from there again. They get their place when these have the
 * SHA-256 of what was sent.
 *
 * @throws Interrupted where another try may succeed
 */
export async function transferOnce(
  from: TransferEnd,
  to: TransferEnd,
  context: { clock: Clock; signal: AbortSignal },
): Promise<Transferred> {
  const { signal } = context;
  const source = await at(from, () => from.files.stat(from.path, signal));
  if (!source) throw named(from, absent(from.path));
  if (source.special !== undefined) throw named(from, notCopied(from.path, source.special));
  const name = contentOf(from.path) && source.directory ? '.' : posix.basename(posix.resolve('/', from.path)) || '.';
  const place = await at(to, () => target(posix, to.path, { ...source, name }, (path) => to.files.stat(path, signal)));
  const staging = await at(to, () => to.files.stage(place.directory, signal));
  try {
    const { root, ...sent } = await digested(
      (own) => at(from, () => from.files.read(source.path, own)),
      (tar, own) => at(to, () => staging.write(tar, own)),
      context,
    );
    const { sha256: arrived } = await at(to, () => digested((own) => staging.read(root, own), drain, context));
    if (arrived !== sent.sha256) throw new Interrupted(`SHA-256 ${sent.sha256} was sent, and ${arrived} has arrived`);
    signal.throwIfAborted();
    await at(to, () => staging.place(root, posix.join(place.directory, place.name), signal));
    await remove(staging, context.clock);
    return sent;
  } catch (error) {
    // The first cause counts.
    await remove(staging, context.clock).catch(() => {});
    throw error;
  }
}

/** Milliseconds for the removal of a staging directory, also after a stop. */
const removal = 30_000;

async function remove(staging: Staging, clock: Clock): Promise<void> {
  const [late, done] = [new AbortController(), new AbortController()];
  clock.sleep(removal, done.signal).then(
    () => late.abort(new Error(`${staging.path} could not be removed within ${removal / 1000} s`)),
    () => {},
  );
  await staging.remove(late.signal).finally(() => done.abort());
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
