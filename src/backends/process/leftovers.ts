import { isName } from '../../spec/names.js';
import { below } from '../../state/below.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { failure, type Host, rootExists } from './host.js';
import { listWorkers, removeEmptyWorker, workerPath } from './objects.js';
import { changedFile, files, type ObjectRecord, labelsAt, parseId, parseRecord } from './record.js';
import { removeTree } from './remove-tree.js';
import { allowing } from './system.js';

/** Longer than making an object ever takes: an older half-made one belongs to nobody any more. Milliseconds. */
const abandonedAfter = 60_000;

/** What a killed command has left half made or half removed. */
interface Leftover {
  path: string;
  /** `engine` of `.new-engine.123.abcdef`. */
  entry: string;
  file: boolean;
  record: ObjectRecord | null;
  modified: number;
  /** The process that was at work on it. */
  maker: number | null;
}

/** Those that have our names of passage, and either our record or nothing in them that could be somebody's. */
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
 * What a killed command has left of directories: still a worker's, though no resource any more. Whatever somebody is at work on
 * is no leftover.
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
      // Without a record there is no lifetime: nothing of it computes, and it may go at once.
      labels: own ? { ...own, address: '' } : { worker, address: '' },
      createdAt: record?.createdAt ?? modified,
      status: 'present',
      exitCode: null,
    };
  });
}

/** A worker that ends takes with it all that is half made of it. */
export async function removeLeftovers(host: Host, worker: string): Promise<void> {
  try {
    for (const leftover of await leftoversOf(host, worker)) await removeLeftover(host, leftover);
  } catch (error) {
    throw failure(error, `removing what is left of ${worker}`);
  }
}

/**
 * Removes leftovers that nobody is at work on, empty workers, and the root when nothing is in it.
 * @returns their paths; with `dryRun` those that would go.
 */
export async function tidy(host: Host, options: { dryRun: boolean }): Promise<string[]> {
  if (!(await rootExists(host))) return [];
  const gone: string[] = [];
  for (const worker of await listWorkers(host)) gone.push(...(await tidyWorker(host, worker, options)));
  const rest = ((await host.system.entries(host.root)) ?? []).map(({ name }) => `${host.root}/${name}`);
  const marker = `${host.root}/${changedFile}`;
  if (rest.every((path) => path === marker || gone.includes(path))) {
    gone.push(host.root);
    if (!options.dryRun) {
      await allowing(['ENOENT'], () => host.system.removeFile(marker));
      await allowing(['ENOENT', 'ENOTEMPTY', 'EEXIST'], () => host.system.removeDirectory(host.root));
    }
  }
  return gone;
}

async function tidyWorker(host: Host, worker: string, options: { dryRun: boolean }): Promise<string[]> {
  const directory = workerPath(host, worker);
  const gone: string[] = [];
  for (const leftover of await leftoversOf(host, worker)) {
    if (!isAbandoned(host, leftover)) continue;
    gone.push(leftover.path);
    if (!options.dryRun) await removeLeftover(host, leftover);
  }
  if (options.dryRun) {
    const names = ((await host.system.entries(directory)) ?? []).map(({ name }) => `${directory}/${name}`);
    if (names.every((path) => gone.includes(path))) gone.push(directory);
  } else if (await removeEmptyWorker(host, worker)) gone.push(directory);
  return gone;
}

function isAbandoned(host: Host, { maker, modified }: Leftover): boolean {
  if (host.clock.now() - modified > abandonedAfter) return true;
  return maker !== null && host.system.readProc(`/proc/${maker}/stat`) === null;
}
