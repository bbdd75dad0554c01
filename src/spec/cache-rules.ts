import { containersOf, type Draft } from './draft.js';
import type { Path } from './path.js';
import type { Rule, SpecProblem } from './rules.js';
import { nearest } from './suggest.js';
import { engineName } from './worker-spec.js';

/** Each cache has a name of its own in the spec. */
export const cachesUnique: Rule = (draft, quote) =>
  cachesOf(draft).flatMap(({ path, cache: { name } }, index, all) => {
    const first = all.findIndex((other) => other.cache.name === name);
    if (name === undefined || first === index) return [];
    const own: Path = [...path, 'name'];
    return [
      {
        path: own,
        cause: `${quote(name, own)} is already a cache of this spec`,
        remedy: 'choose another name, or remove one of the two',
        other: [...all[first]!.path, 'name'],
      },
    ];
  });

/** A cache is in the engine or in a declared container. */
export const cachesDeclared: Rule = (draft, quote) => {
  const names = [engineName, ...containersOf(draft).flatMap(({ container }) => container.name ?? [])];
  return cachesOf(draft).flatMap(({ path, cache }) => {
    if (cache.in === undefined || names.includes(cache.in)) return [];
    const own: Path = [...path, 'in'];
    const near = nearest(cache.in, names);
    return [
      {
        path: own,
        cause: `no container is called ${quote(cache.in, own)}`,
        remedy: near ? `did you mean ${near}?` : 'name a container of this spec, or leave it out for the engine',
      },
    ];
  });
};

/** A cache is neither at, in nor around another mount point of its container. */
export const cachesApart: Rule = (draft) => {
  const caches = cachesOf(draft);
  return caches.flatMap(({ path, cache }, index): SpecProblem[] => {
    const container = cache.in ?? engineName;
    const earlier = caches.slice(0, index).filter((other) => (other.cache.in ?? engineName) === container);
    const points = [...earlier.map((other) => ({ path: [...other.path, 'to'], at: other.cache.to })), ...mountsIn(draft, container)];
    const clash = points.find(({ at }) => isNested(at, cache.to));
    if (!clash) return [];
    return [
      {
        path: [...path, 'to'],
        cause: 'is the same as or nested with another mount point of this container',
        remedy: 'give the cache a directory of its own',
        other: clash.path,
      },
    ];
  });
};

function mountsIn(draft: Draft, container: string): { path: Path; at: string | undefined }[] {
  if (container === engineName) {
    return (draft.volumes ?? []).map(({ name }, index) => ({ path: ['volumes', index], at: name && `/media/${name}` }));
  }
  return containersOf(draft)
    .filter((one) => one.container.name === container)
    .flatMap(({ path, container: { mounts } }) =>
      (mounts ?? []).map((mount, index) => ({ path: [...path, 'mounts', index, 'mount_point'], at: mount?.mount_point })),
    );
}

function isNested(one: string | undefined, other: string | undefined): boolean {
  if (!one || !other) return false;
  const [a, b] = [one, other].map((path) => `${path.replace(/\/+$/, '')}/`) as [string, string];
  return a.startsWith(b) || b.startsWith(a);
}

function cachesOf(draft: Draft) {
  return (draft.caches ?? []).map((cache, index) => ({ path: ['caches', index] as Path, cache }));
}
