import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import { MayflyError } from '../errors.js';
import { open } from './open.js';
import { type Connection, send } from './http.js';

/** A path of names: nothing is written outside of the caller's directory. */
const below = z.string().refine((path) => path.split('/').every((name) => name !== '' && name !== '.' && name !== '..'));
const resultsReply = z.looseObject({
  state: z.string().nullable(),
  files: z.array(z.looseObject({ path: below, bytes: z.number(), sha256: z.string() })),
});

/**
 * Copies the files of a run's results into a directory. Existing files are replaced. A file that is there is complete, with the SHA-256 that
 * the service has.
 *
 * @returns their number and bytes
 * @throws MayflyError as `send`; `copy_failed` where there are none, or one has another content
 */
export async function downloadResults(connection: Connection, run: string, directory: string): Promise<{ files: number; bytes: number }> {
  const path = `v1/runs/${encodeURIComponent(run)}/results`;
  const { state, files } = await send(connection, { method: 'GET', path, reply: resultsReply });
  if (files.length === 0) throw failed(run, state === null ? 'the run has no results yet' : `the results are ${state}, and have no files`);
  for (const file of files) {
    const url = new URL(`${path}/${file.path.split('/').map(encodeURIComponent).join('/')}`, connection.server);
    await download(connection, url, join(directory, file.path), file.sha256);
  }
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

async function download(connection: Connection, url: URL, target: string, sha256: string): Promise<void> {
  const { signal } = connection;
  const part = `${target}.part`;
  await mkdir(dirname(target), { recursive: true });
  const answer = await open(connection, 'GET', url, signal, (request) => request.end());
  const hash = createHash('sha256');
  answer.on('data', (chunk: Buffer) => hash.update(chunk));
  try {
    await pipeline(answer, createWriteStream(part), { signal });
    if (hash.digest('hex') !== sha256) throw failed(target, 'has another content than the service has');
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

function failed(path: string, cause: string): MayflyError {
  return new MayflyError('copy_failed', { place: { path }, cause, remedy: 'see `mayfly runs RUN`, then run the same command again' });
}
