import type { Labels } from '../../labels.js';
import { isName } from '../../spec/names.js';
import type { OwnedObject } from '../ports/owned-object.js';
import { type LeaseLabels, type LeaseTerms, leaseLabels, type OwnLabels, parseLease, parseLoose } from '../shared/own-labels.js';
import { failure, type Host, rootExists } from './host.js';
import { ensureWorker, removeEmptyWorker, token, workerPath } from './objects.js';
import { parseObject } from './record.js';
import { allowing, codeOf } from './system.js';

/** A lease's file, beside the worker's objects. */
interface LeaseRecord {
  format: 'mayfly-lease/1';
  labels: Labels;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

interface Lease {
  number: number;
  path: string;
  createdAt: number;
  labels: OwnLabels;
  lease: LeaseLabels;
}

const pattern = /^lease-([1-9]\d{0,8})\.json$/;

/** A worker's leases. The last one counts. */
async function leasesOf(host: Host, worker: string): Promise<Lease[]> {
  if (!isName(worker) || !(await rootExists(host))) return [];
  const directory = workerPath(host, worker);
  if ((await host.system.stat(directory))?.kind !== 'directory') return [];
  const leases: Lease[] = [];
  for (const { name, kind } of (await host.system.entries(directory)) ?? []) {
    const number = pattern.exec(name)?.[1];
    if (number === undefined || kind !== 'file') continue;
    const path = `${directory}/${name}`;
    const found = parseRecord(await host.system.readText(path), worker);
    if (found) leases.push({ number: Number(number), path, ...found });
  }
  return leases.sort((a, b) => a.number - b.number);
}

function parseRecord(text: string | null, worker: string): Omit<Lease, 'number' | 'path'> | null {
  const value = parseObject(text);
  if (value?.['format'] !== 'mayfly-lease/1' || typeof value['createdAt'] !== 'number') return null;
  const record = value as unknown as LeaseRecord;
  const [labels, lease] = [parseLoose(record.labels), parseLease(record.labels)];
  return labels?.worker === worker && lease ? { createdAt: record.createdAt, labels, lease } : null;
}

export async function listLeases(host: Host, worker: string): Promise<OwnedObject[]> {
  return (await leasesOf(host, worker)).map(({ number, createdAt, labels, lease }) => ({
    id: idOf(worker, number),
    name: `lease-${number}`,
    type: 'lease',
    address: '',
    worker,
    labels,
    createdAt,
    status: 'present',
    exitCode: null,
    lease: { ...lease, number },
  }));
}

function idOf(worker: string, number: number): string {
  return `${worker}/lease-${number}.json`;
}

/** Writes a lease, then removes the older ones. The lease counts from the instant when its file gets its name. */
export async function writeLease(host: Host, worker: string, terms: LeaseTerms, ends: number): Promise<void> {
  const record: LeaseRecord = {
    format: 'mayfly-lease/1',
    labels: leaseLabels(worker, terms, ends),
    createdAt: host.clock.now(),
  };
  try {
    await ensureWorker(host, worker);
    const older = await leasesOf(host, worker);
    const directory = workerPath(host, worker);
    const passage = `${directory}/.new-lease.${process.pid}.${token()}`;
    await host.system.writeNew(passage, `${JSON.stringify(record, null, 2)}\n`);
    const number = await nameLease(host, directory, passage, (older.at(-1)?.number ?? 0) + 1);
    await host.system.removeFile(passage);
    for (const lease of older.filter((one) => one.number < number)) await allowing(['ENOENT'], () => host.system.removeFile(lease.path));
  } catch (error) {
    throw failure(error, `writing the lease of ${worker}`);
  }
}

/** Gives a lease its name by a link, which never replaces another command's lease: then the next number is used. */
async function nameLease(host: Host, directory: string, passage: string, first: number): Promise<number> {
  for (let number = first; ; number++) {
    try {
      await host.system.link(passage, `${directory}/lease-${number}.json`);
      return number;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  }
}

/** Removes a worker's leases, which are removed last. `id`: only this lease. */
export async function removeLeases(host: Host, worker: string, id?: string): Promise<void> {
  try {
    const leases = await leasesOf(host, worker);
    for (const { path } of leases.filter(({ number }) => id === undefined || id === idOf(worker, number)))
      await allowing(['ENOENT'], () => host.system.removeFile(path));
    await removeEmptyWorker(host, worker);
  } catch (error) {
    throw failure(error, `removing the lease of ${worker}`);
  }
}
