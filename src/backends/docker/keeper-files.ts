import { posix } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ReadEntry } from 'tar';
import { labelKeys } from '../../labels.js';
import type { ContainerInspect } from './api-types.js';
import { type HttpClient, isStatus } from './http-client.js';
import { keeperName } from './own-objects.js';

/** State directory in the keeper's image, unless its environment sets another. */
const defaultState = '/var/lib/mayfly';

/** Largest size of an archive in bytes. */
const longestArchive = 64 * 1024 * 1024;

/** Milliseconds in which the daemon must send the archive. */
const readTimeout = 30_000;

export interface KeeperFile {
  name: string;
  content: Buffer;
}

/** Which files to read. */
export interface Wanted {
  /** Whether to read a file. `name`: without its folders. */
  is(name: string): boolean;
  /** Largest size of a file in bytes; a larger one is left out. */
  longest: number;
  /** Largest number of files. */
  most: number;
}

/**
 * Reads files below a folder of the state directory of the keeper inside the daemon. They are read through the daemon, so the keeper need
 * not run. Empty if there is no keeper, or no such folder.
 */
export async function keeperFiles(http: HttpClient, folder: string, wanted: Wanted): Promise<KeeperFile[]> {
  const signal = AbortSignal.timeout(readTimeout);
  try {
    const { Id, Config } = await http.json<ContainerInspect>('GET', `/containers/${keeperName}/json`, { signal });
    if (Config.Labels?.[labelKeys.keeper] === undefined) return [];
    const path = posix.resolve('/', stateIn(Config.Env ?? []), folder);
    return await unpack(await http.stream('GET', `/containers/${Id}/archive`, { query: { path }, signal }), wanted);
  } catch (error) {
    // There is no keeper, or it has not ended a worker yet.
    if (isStatus(error, 404)) return [];
    throw error;
  }
}

function stateIn(env: readonly string[]): string {
  return env.find((entry) => entry.startsWith('MAYFLY_STATE_DIR='))?.slice('MAYFLY_STATE_DIR='.length) || defaultState;
}

/** @throws Error if the archive is too large */
async function unpack(archive: NodeJS.ReadableStream & { destroy(error?: Error): unknown }, wanted: Wanted): Promise<KeeperFile[]> {
  const { Parser } = await import('tar');
  const found: { name: string; parts: Buffer[] }[] = [];
  const parser = new Parser({
    onReadEntry(entry: ReadEntry) {
      const name = posix.basename(entry.path);
      const fits = entry.type === 'File' && entry.size <= wanted.longest && found.length < wanted.most;
      if (!fits || !wanted.is(name)) return void entry.resume();
      const file: (typeof found)[number] = { name, parts: [] };
      found.push(file);
      entry.on('data', (part: Buffer) => file.parts.push(part));
    },
  });
  let size = 0;
  archive.on('data', (part: Buffer) => {
    size += part.length;
    if (size > longestArchive) archive.destroy(new Error(`the files of ${keeperName} are larger than ${longestArchive} bytes`));
    else parser.write(part);
  });
  await finished(archive);
  parser.end();
  return found.map(({ name, parts }) => ({ name, content: Buffer.concat(parts) }));
}
