import type { Cache, Caches, CacheUse, RecordKey, WrittenRecord } from '../../src/backends/ports/caches.js';
import { cacheIn, parseRecord, recordLabels, useLabels } from '../../src/backends/shared/cache-labels.js';
import { labelKeys } from '../../src/labels.js';
import type { Connection } from './connection.js';
import { cacheType, cacheUseName, recordType, useType } from './names.js';
import type { MemoryNode } from './node.js';
import type { MemoryObject } from './object.js';

const recordName = ({ cache, number }: Pick<RecordKey, 'cache' | 'number'>) => `cache/${cache}/${number}`;
const filesName = (cache: string) => `cache/${cache}`;

/** Caches as objects: the files of a cache are the `usedMB` of one, and each record is another. */
export function cachesOn(connection: Connection): Caches {
  const remove = (name: string) =>
    connection.call('delete', name, (node) => {
      const object = node.find(name);
      if (!object || isMounted(node, object)) return object === null;
      node.delete(object.id);
      return true;
    });
  return {
    list: (signal) => connection.call('list', 'caches', (node) => cachesAmong(node.list()), signal),
    write: (record) =>
      connection.call('create', recordName(record), (node) => {
        if (node.find(recordName(record))) return null;
        const { id } = node.create(recordType, recordName(record), recordLabels(record));
        return { cache: record.cache, number: record.number, id };
      }),
    removeRecord: (record) =>
      connection.call('delete', recordName(record), (node) => {
        if (node.find(recordName(record))?.id === record.id) node.delete(record.id);
      }),
    make: (cache) =>
      connection.call('create', filesName(cache), (node) => {
        if (!node.find(filesName(cache))) node.create(cacheType, filesName(cache), { [labelKeys.cache]: cache });
      }),
    empty: (cache) => remove(filesName(cache)),
    sizes: (signal) =>
      connection.call(
        'usage',
        'caches',
        (node) => new Map(node.list().flatMap(({ type, labels, usedMB }) => (type === cacheType ? [[cacheIn(labels)!, usedMB]] : []))),
        signal,
      ),
    use: (use, terms) =>
      connection.call('create', cacheUseName(use), (node) => {
        if (!node.find(cacheUseName(use))) node.create(useType, cacheUseName(use), useLabels(use, terms));
      }),
    copy: (use, _terms, signal) => connection.call('update', cacheUseName(use), (node) => copyFiles(node, use), signal),
    own: (worker, container) => connection.call('update', `${worker}/${container}`, () => {}),
    placeOf: (use, copy) => (copy ? cacheUseName(use) : filesName(use.cache)),
  };
}

function copyFiles(node: MemoryNode, use: CacheUse): void {
  const copy = node.find(cacheUseName(use));
  if (copy) copy.usedMB = node.find(filesName(use.cache))?.usedMB ?? 0;
}

function isMounted(node: MemoryNode, { name }: MemoryObject): boolean {
  return node.list().some(({ configuration: { mounts } }) => Object.values(mounts ?? {}).includes(name));
}

function cachesAmong(objects: readonly MemoryObject[]): Cache[] {
  const found = new Map<string, WrittenRecord[]>();
  for (const { id, type, name, labels, createdAt } of objects) {
    const cache = cacheIn(labels);
    if (cache === null || (type !== cacheType && type !== recordType)) continue;
    const records = found.get(cache) ?? [];
    const record = type === recordType ? parseRecord(labels, Number(name.split('/').at(-1))) : null;
    found.set(cache, record ? [...records, { ...record, id, createdAt }] : records);
  }
  return [...found].map(([name, records]) => ({ name, records }));
}
