import { randomBytes } from 'node:crypto';
import { MayflyError } from '../../errors.js';
import { isName } from '../../spec/names.js';
import { below, workerName } from '../../state/below.js';
import { ensureRoot, failure, type Host, rootExists } from './host.js';
import { files, type ObjectRecord, parseId, parseRecord } from './record.js';
import { removeTree } from './remove-tree.js';
import { allowing, codeOf } from './system.js';

/** Prefixes of objects that are being made or removed. No name of a worker or an object starts with a dot. */
const halfMade = '.new-';
const halfGone = '.gone-';

export function objectPath(host: Host, id: string): string {
  return below(host.root, ...id.split('/'));
}

export function workerPath(host: Host, worker: string): string {
  return below(host.root, workerName(worker));
}

/** The record in an object's directory; `null` if it does not exist or is not ours. */
export async function readObject(host: Host, id: string): Promise<ObjectRecord | null> {
  if (!parseId(id) || !(await rootExists(host))) return null;
  return readRecord(host, objectPath(host, id), id);
}

/** Reads a record. Neither the worker's directory nor the object's may be a link, which could lead to another record. */
async function readRecord(host: Host, path: string, id: string): Promise<ObjectRecord | null> {
  for (const directory of [path.slice(0, path.lastIndexOf('/')), path]) {
    if ((await host.system.stat(directory))?.kind !== 'directory') return null;
  }
  return parseRecord(await host.system.readText(`${path}/${files.record}`), id);
}

/** All objects, or those of one worker, sorted by name. */
export async function listObjects(host: Host, worker?: string): Promise<ObjectRecord[]> {
  const workers = worker === undefined ? await listWorkers(host) : [worker];
  const found = await Promise.all(workers.map((one) => listWorkerObjects(host, one)));
  return found.flat();
}

/** Names of directories that may be workers. */
export async function listWorkers(host: Host): Promise<string[]> {
  if (!(await rootExists(host))) return [];
  const entries = (await host.system.entries(host.root)) ?? [];
  return entries
    .filter(({ name, kind }) => kind === 'directory' && isName(name))
    .map(({ name }) => name)
    .sort();
}

async function listWorkerObjects(host: Host, worker: string): Promise<ObjectRecord[]> {
  if (!isName(worker) || !(await rootExists(host))) return [];
  const entries = (await host.system.entries(workerPath(host, worker))) ?? [];
  const ids = entries
    .filter(({ kind }) => kind === 'directory')
    .map(({ name }) => `${worker}/${name}`)
    .sort();
  const records = await Promise.all(ids.map((id) => (parseId(id) ? readRecord(host, objectPath(host, id), id) : null)));
  return records.filter((record) => record !== null);
}

/**
 * Makes an object: a directory with a temporary name gets its record, then the files of `fill`, then its final name. So it has its labels from
 * its creation. An existing object of ours is returned unchanged.
 * @throws MayflyError `foreign_object` if the name is in use by something that is not ours
 */
export async function makeObject(host: Host, record: ObjectRecord, fill: (path: string) => Promise<void>): Promise<ObjectRecord> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryMaking(host, record, fill);
    } catch (error) {
      // Another command has removed the empty worker's directory meanwhile.
      if (codeOf(error) !== 'ENOENT' || attempt === 5) throw failure(error, `making ${record.id}`);
    }
  }
}

async function tryMaking(host: Host, record: ObjectRecord, fill: (path: string) => Promise<void>): Promise<ObjectRecord> {
  const parts = parseId(record.id);
  if (!parts) throw new MayflyError('stack_invalid', { cause: `${record.id} is not a valid name for an object's directory` });
  const path = objectPath(host, record.id);
  await ensureWorker(host, parts.worker);
  const existing = await takenBy(host, record, path);
  if (existing) return existing;
  const passage = below(workerPath(host, parts.worker), `${halfMade}${parts.entry}.${process.pid}.${token()}`);
  await host.system.makeDirectory(passage);
  try {
    await host.system.writeNew(`${passage}/${files.record}`, `${JSON.stringify(record, null, 2)}\n`);
    await fill(passage);
    await host.system.rename(passage, path);
    return record;
  } catch (error) {
    await removeTree(host.system, passage, files.record).catch(() => undefined);
    const made = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(codeOf(error) ?? '') ? await takenBy(host, record, path) : null;
    if (made) return made;
    throw error;
  }
}

async function takenBy(host: Host, record: ObjectRecord, path: string): Promise<ObjectRecord | null> {
  if (!(await host.system.stat(path))) return null;
  const existing = await readRecord(host, path, record.id);
  if (existing) return existing;
  throw foreign(path, 'it has no labels of ours');
}

/** Makes a worker's directory if it is missing. */
export async function ensureWorker(host: Host, worker: string): Promise<void> {
  await ensureRoot(host);
  const path = workerPath(host, worker);
  await allowing(['EEXIST'], () => host.system.makeDirectory(path));
  const stat = await host.system.stat(path);
  if (stat && (stat.kind !== 'directory' || stat.uid !== host.uid)) throw foreign(path, 'it is not a directory of ours');
}

function foreign(path: string, because: string): MayflyError {
  return new MayflyError('foreign_object', {
    cause: `${path} exists and does not belong to this worker: ${because}`,
    remedy: 'move it away, or give the worker another name',
  });
}

/** Replaces a record. Readers see either the old or the new one. */
export async function rewriteRecord(host: Host, record: ObjectRecord): Promise<void> {
  const path = objectPath(host, record.id);
  const passage = `${path}/${halfMade}${files.record}.${token()}`;
  try {
    await host.system.writeNew(passage, `${JSON.stringify(record, null, 2)}\n`);
    await host.system.rename(passage, `${path}/${files.record}`);
  } catch (error) {
    throw failure(error, `writing ${record.id}`);
  }
}

/** Removes an object of ours and all below it. A missing object is a success; an object that is not ours stays. */
export async function removeObject(host: Host, id: string): Promise<void> {
  const parts = parseId(id);
  if (!parts || !(await readObject(host, id))) return;
  const passage = below(workerPath(host, parts.worker), `${halfGone}${parts.entry}.${process.pid}.${token()}`);
  try {
    // If the name does not exist any more, another command is removing the object.
    await allowing(['ENOENT'], () => host.system.rename(objectPath(host, id), passage));
    await removeTree(host.system, passage, files.record);
    await removeEmptyWorker(host, parts.worker);
  } catch (error) {
    throw failure(error, `removing ${id}`);
  }
}

/** @returns whether the directory was removed */
export async function removeEmptyWorker(host: Host, worker: string): Promise<boolean> {
  try {
    await host.system.removeDirectory(workerPath(host, worker));
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(codeOf(error) ?? '')) return false;
    throw error;
  }
}

export function token(): string {
  return randomBytes(6).toString('hex');
}
