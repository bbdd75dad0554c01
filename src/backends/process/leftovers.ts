import { failure, type Host, rootExists } from './host.js';
import { listWorkers, removeEmptyWorker } from './objects.js';
import { changedFile, files, parseId, parseRecord } from './record.js';
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
  modified: number;
  /** The process that was at work on it. */
  maker: number | null;
}

async function leftoversOf(host: Host, worker: string): Promise<Leftover[]> {
  const directory = `${host.root}/${worker}`;
  if ((await host.system.stat(directory))?.kind !== 'directory') return [];
  const found: Leftover[] = [];
  for (const { name, kind } of (await host.system.entries(directory)) ?? []) {
    const match = /^\.(new|gone)-(.+?)(?:\.(\d+))?\.[0-9a-f]{12}$/.exec(name);
    if (!match?.[2] || (kind !== 'directory' && kind !== 'file')) continue;
    const path = `${directory}/${name}`;
    const modified = (await host.system.stat(path))?.modified ?? 0;
    found.push({ path, entry: match[2], file: kind === 'file', modified, maker: match[3] === undefined ? null : Number(match[3]) });
  }
  return found;
}

/** Removes what has our names of passage and either our record or nothing that could be somebody's. */
async function removeLeftover(host: Host, worker: string, { path, entry, file }: Leftover): Promise<void> {
  if (file) return allowing(['ENOENT'], () => host.system.removeFile(path));
  const id = `${worker}/${entry}`;
  const ours = parseId(id) && parseRecord(await host.system.readText(`${path}/${files.record}`), id);
  const names = ((await host.system.entries(path)) ?? []).map(({ name }) => name);
  if (ours || names.every((name) => name === files.record)) await removeTree(host.system, path, files.record);
}

/** A worker that ends takes with it all that is half made of it. */
export async function removeLeftovers(host: Host, worker: string): Promise<void> {
  try {
    for (const leftover of await leftoversOf(host, worker)) await removeLeftover(host, worker, leftover);
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
  const directory = `${host.root}/${worker}`;
  const gone: string[] = [];
  for (const leftover of await leftoversOf(host, worker)) {
    if (!isAbandoned(host, leftover)) continue;
    gone.push(leftover.path);
    if (!options.dryRun) await removeLeftover(host, worker, leftover);
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
