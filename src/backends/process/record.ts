import { isAbsolute, join, normalize } from 'node:path';
import type { Labels } from '../../labels.js';
import type { Attributes } from '../../plan/resource-schema.js';
import { isName } from '../../spec/names.js';
import { type OwnLabels, parseResource, partsOfAddress } from '../shared/own-labels.js';

export const objectTypes = ['mayfly_directory', 'mayfly_process'] as const;
export type ObjectType = (typeof objectTypes)[number];

/** The record in an object's directory from its creation: owner and configuration. */
export interface ObjectRecord {
  format: 'mayfly-process/1';
  type: ObjectType;
  /** `<worker>/<name>`: path below the root. */
  id: string;
  labels: Labels;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** The attributes that it was made with, without computed ones. */
  configuration: Attributes;
  /** The part of its environment that came from its maker. */
  base: Record<string, string>;
}

/** Names in an object's directory. The program's files are in `home`, a volume's in `data`, so they cannot collide with ours. */
export const files = {
  record: 'record.json',
  leader: 'leader',
  command: 'command',
  exit: 'exit',
  log: 'log',
  detached: 'detached',
} as const;
export const folders = { home: 'home', temporary: 'tmp', data: 'data' } as const;

/** A file in the root that is written when a process ends, for watchers of the root. */
export const changedFile = '.changed';

/** Id of an object. It depends on the type, so that a volume can become a container of the same name in one apply. */
export function objectId(type: ObjectType, worker: string, objectName: string): string {
  return `${worker}/${type === 'mayfly_directory' ? `volume.${objectName}` : objectName}`;
}

export interface IdParts {
  worker: string;
  /** The object's directory below the worker's. */
  entry: string;
  name: string;
}

/** Parses an id; `null` if it is not one of ours: such an object is never changed. */
export function parseId(id: string): IdParts | null {
  const [worker = '', entry = '', ...rest] = id.split('/');
  const name = entry.replace(/^volume\./, '');
  return isName(worker) && isName(name) && rest.length === 0 ? { worker, entry, name } : null;
}

/** Parses the labels of the object with this id; `null` if they are malformed, or of another object. */
export function labelsAt(labels: Labels, id: string): OwnLabels | null {
  const own = parseResource(labels);
  if (!own) return null;
  const { type, id: name } = partsOfAddress(own.address);
  return isObjectType(type) && objectId(type, own.worker, name) === id ? own : null;
}

function isObjectType(type: string): type is ObjectType {
  return (objectTypes as readonly string[]).includes(type);
}

/** Parses a record; `null` if the text is no record, or one of another object: the directory is then not ours. */
export function parseRecord(text: string | null, id: string): ObjectRecord | null {
  const value = parseObject(text);
  if (value === null || value['format'] !== 'mayfly-process/1' || value['id'] !== id) return null;
  const record = value as unknown as ObjectRecord;
  const complete = objectTypes.includes(record.type) && typeof record.createdAt === 'number';
  const hasParts = isPlain(record.labels) && isPlain(record.configuration) && isPlain(record.base);
  if (!complete || !hasParts || partsOfAddress(labelsAt(record.labels, id)?.address ?? '').type !== record.type) return null;
  return record;
}

export function parseObject(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isPlain(value) ? value : null;
  } catch {
    return null;
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A mount point's parts below a process's own directory; `null` if it is that directory itself, or outside of it. */
export function mountParts(mountPoint: string): string[] | null {
  if (!isAbsolute(mountPoint)) return null;
  const parts = normalize(join('/', mountPoint)).split('/').filter(Boolean);
  return parts.length > 0 ? parts : null;
}
