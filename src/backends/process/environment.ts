import { join } from 'node:path';
import { type Labels, labelKeys } from '../../labels.js';
import type { Host } from './host.js';
import { objectPath } from './objects.js';
import { folders, type ObjectRecord, parseId } from './record.js';

/**
 * Variables with labels in the environment of every process of a worker. A process is found by them even if nothing else of the worker is left,
 * and children inherit them. `object` holds the object's directory, which distinguishes two roots.
 */
export const labelNames = {
  object: 'MAYFLY_OBJECT',
  worker: 'MAYFLY_WORKER',
  lifetime: 'MAYFLY_LIFETIME',
  until: 'MAYFLY_UNTIL',
  address: 'MAYFLY_ADDRESS',
} as const;

/** The part of its maker's environment that a process gets: the search path, and the language. */
export function baseEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  return { PATH: env['PATH'] || '/usr/local/bin:/usr/bin:/bin', LANG: env['LANG'] || 'C.UTF-8' };
}

/** The whole environment of a process of this object. `more`: variables in addition to the spec's. */
export function environmentOf(host: Host, record: ObjectRecord, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const path = objectPath(host, record.id);
  return {
    ...record.base,
    HOME: `${path}/${folders.home}`,
    TMPDIR: `${path}/${folders.temporary}`,
    ...ownEnvironment(record),
    ...more,
    [labelNames.object]: path,
    [labelNames.worker]: parseId(record.id)?.worker ?? '',
    [labelNames.lifetime]: record.labels[labelKeys.lifetime] ?? '',
    [labelNames.until]: record.labels[labelKeys.until] ?? '',
    [labelNames.address]: record.labels[labelKeys.address] ?? '',
  };
}

/** The directory, below the object's own, that its command and commands beside it start in. `given`: in place of the spec's `working_dir`. */
export function workingDirectory(host: Host, record: ObjectRecord, given?: string): string {
  const directory = given ?? record.configuration['working_dir'];
  return join(objectPath(host, record.id), folders.home, typeof directory === 'string' ? join('/', directory) : '');
}

/** The part of the environment that comes from the spec. */
export function ownEnvironment(record: ObjectRecord): Record<string, string> {
  return texts(record.configuration['env']);
}

/** The entries of a value whose values are texts. */
export function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** The labels of an object from its processes, if nothing else of it is left. */
export function labelsFromEnvironment(environ: Record<string, string>): Labels {
  const labels: Labels = {};
  for (const key of ['worker', 'lifetime', 'until', 'address'] as const) {
    const value = environ[labelNames[key]];
    if (value) labels[labelKeys[key]] = value;
  }
  return labels;
}
