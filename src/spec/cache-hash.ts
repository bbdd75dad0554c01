import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import type { ParseOptions } from './loaded-spec.js';
import type { SpecProblem } from './rules.js';

/** Characters of a hash in a name. */
const length = 12;
const maxHashed = 64 * 2 ** 20;

const reference = /\$\{hash:([^}]+)\}/g;

/**
 * Replaces each `${hash:PATH}` in the names of caches by the first characters of the file's SHA-256, in place. Paths are relative to the spec file.
 *
 * @returns the files that cannot be read
 */
export function hashCacheNames(value: unknown, { directory, readFile }: ParseOptions): SpecProblem[] {
  const problems: SpecProblem[] = [];
  for (const [index, cache] of cachesIn(value).entries()) {
    if (typeof cache?.name !== 'string') continue;
    cache.name = cache.name.replace(reference, (_, path: string) => {
      const bytes = readFile?.(resolve(directory, path), maxHashed) ?? noFiles;
      if (bytes instanceof Uint8Array) return createHash('sha256').update(bytes).digest('hex').slice(0, length);
      problems.push({ path: ['caches', index, 'name'], cause: `${path} ${bytes.cause}`, remedy: bytes.remedy });
      // A valid name: the missing file is the only problem of this one.
      return 'missing';
    });
  }
  return problems;
}

function cachesIn(value: unknown): ({ name?: unknown } | null)[] {
  const caches = (value as { caches?: unknown } | null)?.caches;
  return Array.isArray(caches) ? caches.map((one: unknown) => (typeof one === 'object' ? one : null)) : [];
}

const noFiles = { cause: 'cannot be read, because this spec comes from another machine', remedy: 'write the name without a hash' };
