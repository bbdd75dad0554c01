import { type EndedLog, containerOfLog, logsFolder } from '../../state/ended-logs.js';
import { historyFor, type HistoryEntry, mostEntries, parseHistoryName } from '../../state/history.js';
import { parseHistoryEntry } from '../../state/history-entry.js';
import type { HttpClient } from './http-client.js';
import { keeperFiles } from './keeper-files.js';

/** Largest size of an entry in bytes. */
const longestEntry = 256 * 1024;

/** Largest size of a stored log in bytes, and number of logs, of any version of mayfly. */
const longestLog = 16 * 2 ** 20;
const mostLogs = 1000;

/** Records less than this many milliseconds from a time are of that end: the daemon's clock is only known to the second. */
const sameEnd = 60_000;

/**
 * The history of a worker that the keeper inside the daemon has recorded. Invalid entries are skipped. `now` and the returned times are of
 * our clock.
 */
export async function keeperHistory(http: HttpClient, node: string, worker: string, now: number): Promise<HistoryEntry[]> {
  const files = await historyFiles(http, worker, now);
  return files.flatMap(({ endedAt, text }) => {
    const entry = parseHistoryEntry(text);
    const fits = entry?.worker === worker && entry.endedAt === endedAt && entry.backend === 'docker';
    return fits ? [{ ...entry, backend: node, endpoint: http.endpoint.url, endedAt: endedAt - http.clockSkew }] : [];
  });
}

/** The logs that this keeper stored at the end of a worker; `null` where it stored none. `endedAt` and `now` are of our clock. */
export async function keeperLogs(http: HttpClient, worker: string, endedAt: number, now: number): Promise<EndedLog[] | null> {
  const distance = (file: { endedAt: number }) => Math.abs(file.endedAt - http.clockSkew - endedAt);
  const [nearest] = (await historyFiles(http, worker, now)).sort((a, b) => distance(a) - distance(b));
  if (!nearest || distance(nearest) > sameEnd) return null;
  const wanted = { is: (name: string) => containerOfLog(name) !== null, longest: longestLog, most: mostLogs };
  const files = await keeperFiles(http, `logs/${logsFolder(worker, nearest.endedAt)}`, wanted);
  return files.length === 0 ? null : files.map(({ name, content }) => ({ container: containerOfLog(name)!, content }));
}

/** Entries of a worker in the last 7 days. Their times are of the daemon's clock. */
async function historyFiles(http: HttpClient, worker: string, now: number): Promise<{ endedAt: number; text: string }[]> {
  const oldest = now + http.clockSkew - historyFor;
  const endOf = (name: string) => {
    const named = parseHistoryName(name);
    return named?.worker === worker && named.endedAt > oldest ? named.endedAt : null;
  };
  const files = await keeperFiles(http, 'history', { is: (name) => endOf(name) !== null, longest: longestEntry, most: mostEntries });
  return files.map(({ name, content }) => ({ endedAt: endOf(name)!, text: content.toString('utf8') }));
}
