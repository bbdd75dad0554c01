import { posix } from 'node:path';
import { finished } from 'node:stream/promises';
import type { ReadEntry } from 'tar';
import { labelKeys } from '../../labels.js';
import { historyFor, type HistoryEntry, mostEntries, parseHistoryName } from '../../state/history.js';
import { parseHistoryEntry } from '../../state/history-entry.js';
import type { ContainerInspect } from './api-types.js';
import { type HttpClient, isStatus } from './http-client.js';
import { keeperName } from './own-objects.js';

/** State directory in the keeper's image, unless its environment sets another. */
const defaultState = '/var/lib/mayfly';

/** Largest size of an entry, and of the whole archive, in bytes. */
const longestEntry = 256 * 1024;
const longestArchive = 64 * 1024 * 1024;

/** Milliseconds in which the daemon must send the archive. */
const readTimeout = 30_000;

/**
 * The history of a worker that the keeper inside the daemon has recorded. Its files are read through the daemon, so the keeper need not run.
 * Invalid entries are skipped. `now` and the returned times are of our clock.
 */
export async function keeperHistory(http: HttpClient, node: string, worker: string, now: number): Promise<HistoryEntry[]> {
  const files = await historyFiles(http, worker, now + http.clockSkew);
  return files.flatMap(({ endedAt, text }) => {
    const entry = parseHistoryEntry(text);
    const fits = entry?.worker === worker && entry.endedAt === endedAt && entry.backend === 'docker';
    return fits ? [{ ...entry, backend: node, endpoint: http.endpoint.url, endedAt: endedAt - http.clockSkew }] : [];
  });
}

async function historyFiles(http: HttpClient, worker: string, now: number): Promise<{ endedAt: number; text: string }[]> {
  const signal = AbortSignal.timeout(readTimeout);
  try {
    const { Id, Config } = await http.json<ContainerInspect>('GET', `/containers/${keeperName}/json`, { signal });
    if (Config.Labels?.[labelKeys.keeper] === undefined) return [];
    const path = posix.resolve('/', stateIn(Config.Env ?? []), 'history');
    return await unpack(await http.stream('GET', `/containers/${Id}/archive`, { query: { path }, signal }), (file) => {
      const named = parseHistoryName(file);
      return named?.worker === worker && named.endedAt > now - historyFor ? named.endedAt : null;
    });
  } catch (error) {
    // There is no keeper, or it has not ended a worker yet.
    if (isStatus(error, 404)) return [];
    throw error;
  }
}

function stateIn(env: readonly string[]): string {
  return env.find((entry) => entry.startsWith('MAYFLY_STATE_DIR='))?.slice('MAYFLY_STATE_DIR='.length) || defaultState;
}

/** The texts of those files in an archive for which `endOf` returns a time. @throws Error if the archive is too large */
async function unpack(
  archive: NodeJS.ReadableStream & { destroy(error?: Error): unknown },
  endOf: (file: string) => number | null,
): Promise<{ endedAt: number; text: string }[]> {
  const { Parser } = await import('tar');
  const found: { endedAt: number; parts: Buffer[] }[] = [];
  const parser = new Parser({
    onReadEntry(entry: ReadEntry) {
      const endedAt = entry.type === 'File' && entry.size <= longestEntry ? endOf(posix.basename(entry.path)) : null;
      if (endedAt === null || found.length >= mostEntries) return void entry.resume();
      const file: (typeof found)[number] = { endedAt, parts: [] };
      found.push(file);
      entry.on('data', (part: Buffer) => file.parts.push(part));
    },
  });
  let size = 0;
  archive.on('data', (part: Buffer) => {
    size += part.length;
    if (size > longestArchive) archive.destroy(new Error(`the history of ${keeperName} is larger than ${longestArchive} bytes`));
    else parser.write(part);
  });
  await finished(archive);
  parser.end();
  return found.map(({ endedAt, parts }) => ({ endedAt, text: Buffer.concat(parts).toString('utf8') }));
}
