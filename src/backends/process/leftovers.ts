import { isName } from '../../spec/names.js';
import { below } from '../../state/below.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { failure, type Host, rootExists } from './host.js';
import { listWorkers, removeEmptyWorker, workerPath } from './objects.js';
import { changedFile, files, type ObjectRecord, labelsAt, parseId, parseRecord } from './record.js';
import { removeTree } from './remove-tree.js';
import { allowing } from './system.js';

/** Milliseconds: longer than making an object ever takes. An older unfinished object is abandoned. */
const abandonedAfter = 60_000;

/** An object that a killed command has not finished making or removing. */
interface Leftover {
  path: string;
  /** `engine` of `.new-engine.123.abcdef`. */
  entry: string;
  file: boolean;
  record: ObjectRecord | null;
  modified: number;
  /** Pid of the process that worked on it; `null` if unknown. */
  maker: number | null;
}

/** Leftovers of a worker: entries with our temporary names that hold our record, or nothing that could belong to another program. */
async function leftoversOf(host: Host, worker: string): Promise<Leftover[]> {
  const directory = workerPath(host, worker);
  if ((await host.system.stat(directory))?.kind !== 'directory') return [];
  const found: Leftover[] = [];
  for (const { name, kind } of (await host.system.entries(directory)) ?? []) {
    const match = /^\.(new|gone)-(.+?)(?:\.(\d+))?\.[0-9a-f]{12}$/.exec(name);
    if (!match?.[2] || (kind !== 'directory' && kind !== 'file')) continue;
    const path = below(directory, name);
    const modified = (await host.system.stat(path))?.modified ?? 0;
    const id = `${worker}/${match[2]}`;
    const record = parseId(id) && parseRecord(await host.system.readText(`${path}/${files.record}`), id);
    const inside = (await host.system.entries(path)) ?? [];
    if (!record && inside.some((entry) => entry.name !== files.record)) continue;
    const maker = match[3] === undefined ? null : Number(match[3]);
    found.push({ path, entry: match[2], file: kind === 'file', record, modified, maker });
  }
  return found;
}

async function removeLeftover(host: Host, { path, file }: Leftover): Promise<void> {
  if (file) await allowing(['ENOENT'], () => host.system.removeFile(path));
  else await removeTree(host.system, path, files.record);
}

/**
 * Directories that a killed command has left, as objects without an address: they belong to a worker, but are no resources. An object on which
 * a living process works is no leftover.
 */
export async function listLeftovers(host: Host, worker: string): Promise<OwnedObject[]> {
  if (!isName(worker) || !(await rootExists(host))) return [];
  const abandoned = (await leftoversOf(host, worker)).filter((one) => !one.file && isAbandoned(host, one));
  return abandoned.map(({ path, entry, record, modified }) => {
    const name = path.slice(host.root.length + 1);
    const type = entry.startsWith('volume.') ? 'mayfly_directory' : 'mayfly_process';
    const own = record && labelsAt(record.labels, record.id);
    return {
      id: name,
      name,
      type,
      address: '',
      worker,
      // Without a record there is no lifetime label. Nothing in it runs, so it may be removed at once.
      labels: own ? { ...own, address: '' } : { worker, address: '' },
      createdAt: record?.createdAt ?? modified,
      status: 'present',
      exitCode: null,
    };
  });
}

/** Removes all leftovers of a worker that ends. */
export async function removeLeftovers(host: Host, worker: string): Promise<void> {
  try {
    for (const leftover of await leftoversOf(host, worker)) await removeLeftover(host, leftover);
  } catch (error) {
    throw failure(error, `removing what is left of ${worker}`);
  }
}

/**
 * Removes abandoned leftovers, empty workers' directories, and the root if it is empty.
 * @returns the removed paths; with `dryRun` the paths that would be removed
 */
export async function tidy(host: Host, options: { dryRun: boolean }): Promise<string[]> {
  if (!(await rootExists(host))) return [];
  const removed: string[] = [];
  for (const worker of await listWorkers(host)) removed.push(...(await tidyWorker(host, worker, options)));
  const rest = ((await host.system.entries(host.root)) ?? []).map(({ name }) => `${host.root}/${name}`);
  const marker = `${host.root}/${changedFile}`;
  if (rest.every((path) => path === marker || removed.includes(path))) {
    removed.push(host.root);
    if (!options.dryRun) {
      await allowing(['ENOENT'], () => host.system.removeFile(marker));
      await allowing(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => host.system.removeDirectory(host.root));
    }
  }
  return removed;
}

async function tidyWorker(host: Host, worker: string, options: { dryRun: boolean }): Promise<string[]> {
  const directory = workerPath(host, worker);
  const removed: string[] = [];
  for (const leftover of await leftoversOf(host, worker)) {
    if (!isAbandoned(host, leftover)) continue;
    removed.push(leftover.path);
    if (!options.dryRun) await removeLeftover(host, leftover);
  }
  if (options.dryRun) {
    const names = ((await host.system.entries(directory)) ?? []).map(({ name }) => `${directory}/${name}`);
    if (names.every((path) => removed.includes(path))) removed.push(directory);
  } else if (await removeEmptyWorker(host, worker)) removed.push(directory);
  return removed;
}

function isAbandoned(host: Host, { maker, modified }: Leftover): boolean {
  if (host.clock.now() - modified > abandonedAfter) return true;
  return maker !== null && host.system.readProc(`/proc/${maker}/stat`) === null;
}
