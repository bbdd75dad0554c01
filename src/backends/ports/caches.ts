import type { BirthLabels } from '../shared/birth-labels.js';

/**
 * A record of a cache. It never changes; a new state is a new record with the next number, and the highest number counts. So two processes
 * that decide at the same time cannot both succeed.
 */
export interface CacheRecord {
  cache: string;
  number: number;
  /** The worker that writes the cache; `null`: none does. */
  holder: string | null;
  /** A process is removing the cache. */
  removal: boolean;
  /** The last use, in milliseconds since the epoch by the node's clock. */
  usedAt: number;
  /** Seconds from the last use to the removal. */
  keep: number;
  /** MB that the cache may have after its use. */
  sizeMB: number;
}

/** A record as the node has it. `createdAt`: milliseconds since the epoch, by the node's clock. */
export interface WrittenRecord extends CacheRecord {
  /** Differs from every other record's, also of this number: a cache that is removed and made again starts with number 1. */
  id: string;
  createdAt: number;
}

export type RecordKey = Pick<WrittenRecord, 'cache' | 'number' | 'id'>;

/** A cache of a node, found by labels. It belongs to no worker. */
export interface Cache {
  name: string;
  /** In the order of their numbers. Empty: the files have lost their records. */
  records: readonly WrittenRecord[];
}

/** The terms of a worker, for objects that end with it. */
export interface UseTerms {
  /** Seconds from the first creation to the latest end without a lease. */
  lifetime: number;
  /** Seconds that no lease may exceed. */
  maxLifetime: number;
  /** The process that `run` made the worker for; empty: none. */
  runner: string;
  birth: Pick<BirthLabels, 'until' | 'dispatcher' | 'name'>;
}

/** The use of a cache by a worker. */
export interface CacheUse {
  cache: string;
  worker: string;
}

/** Caches of a node: files that outlive workers. The decisions are made in `lease/`. */
export interface Caches {
  list(signal?: AbortSignal): Promise<Cache[]>;
  /** Writes a record. @returns `null` where the cache has a record of this number */
  write(record: CacheRecord): Promise<RecordKey | null>;
  /** Removes this record. Another one that has its number by now stays. */
  removeRecord(record: RecordKey): Promise<void>;
  /** Makes an empty place for the cache's files, unless it exists. @throws MayflyError `foreign_object` */
  make(cache: string): Promise<void>;
  /** Removes the cache's files. @returns `false` where a container has them mounted */
  empty(cache: string): Promise<boolean>;
  /** The sizes of all caches in MB, by name. The node reads all files. */
  sizes(signal?: AbortSignal): Promise<Map<string, number>>;
  /** Makes the worker's object that says that it uses the cache. It ends with the worker, and holds the worker's copy if it has one. */
  use(use: CacheUse, terms: UseTerms): Promise<void>;
  /** Fills the worker's copy with the cache's files. */
  copy(use: CacheUse, terms: UseTerms, signal?: AbortSignal): Promise<void>;
  /** Makes the directory of a cache writable for the user of a container that runs. */
  own(worker: string, container: string, path: string): Promise<void>;
  /** The value of the stack's variable: the place of the cache's own files, or of the worker's copy. */
  placeOf(use: CacheUse, copy: boolean): string;
}
