import { containersOf, type Draft } from './draft.js';
import type { Path } from './path.js';
import { nearest } from './suggest.js';
import type { Arch } from './worker-spec.js';

/** An error or a warning about a spec. */
export interface SpecProblem {
  path: Path;
  cause: string;
  remedy: string;
  /** The path to show, where the last key itself may hold a secret. */
  shown?: Path;
  /** Path of a second value in the problem; its line is added to the cause. */
  other?: Path;
}

/** Formats a value for a message: in quotes or with its unit. A value of which one source may be a secret is not shown. */
export type Quote = (value: string | number, ...sources: Path[]) => string;

/** Checks a draft and returns its problems. (Rule 1, the sums of cpu and memory, is `totals` in worker-spec.ts.) */
export type Rule = (draft: Draft, quote: Quote) => SpecProblem[];

/** The worker's architecture: its own, or that of the first container that names one. */
export function archOf(draft: Draft): Arch | null {
  return draft.arch ?? containersOf(draft).find(({ container }) => container.arch)?.container.arch ?? null;
}

/** `backend` names a kind of backend that exists. */
export function knownBackend(names: readonly string[]): Rule {
  return ({ backend }, quote) => {
    if (typeof backend !== 'string' || names.includes(backend)) return [];
    const close = nearest(backend, names);
    return [
      {
        path: ['backend'],
        cause: `must be ${names.join(', ')}, got ${quote(backend, ['backend'])}`,
        remedy: close ? `did you mean ${close}?` : `choose one of ${names.join(', ')}`,
      },
    ];
  };
}

/** Rule 2: a worker has one architecture. */
export const oneArchitecture: Rule = (draft) => {
  const arch = archOf(draft);
  const containers = containersOf(draft);
  const source: Path = draft.arch ? ['arch'] : [...(containers.find(({ container }) => container.arch)?.path ?? []), 'arch'];
  return containers
    .filter(({ container }) => container.arch && container.arch !== arch)
    .map(({ path }) => ({
      path: [...path, 'arch'],
      cause: 'differs from the architecture of the rest of the worker',
      remedy: 'a worker has one architecture: leave arch out of the containers and set it once, at the top',
      other: source,
    }));
};

/** Rule 3: the volumes together fit in the engine's storage. */
export const volumesFit: Rule = (draft, quote) => {
  const sizes = (draft.volumes ?? []).map((volume) => volume.storage);
  if (!allPresent(sizes) || draft.storage === undefined) return [];
  const sum = total(sizes);
  if (sum <= draft.storage) return [];
  const sources = sizes.map((_, index): Path => ['volumes', index, 'storage']);
  const need = quote(sum, ...sources);
  return [
    {
      path: ['storage'],
      cause: `is ${quote(draft.storage, ['storage'])}, but the volumes together have ${need}`,
      remedy: `raise storage to at least ${need}, or make the volumes smaller`,
    },
  ];
};

/** Rule 4: a container's storage holds the volumes mounted in it. */
export const mountsFit: Rule = (draft, quote) =>
  containersOf(draft).flatMap(({ path, container }) => {
    if (container.storage === undefined) return [];
    const names = new Set((container.mounts ?? []).map((mount) => mount?.name));
    const mounted = (draft.volumes ?? [])
      .map((volume, index) => ({ ...volume, index }))
      .filter((volume) => volume.name !== undefined && names.has(volume.name));
    const sizes = mounted.map((volume) => volume.storage);
    if (!allPresent(sizes) || total(sizes) <= container.storage) return [];
    const need = quote(total(sizes), ...mounted.map(({ index }): Path => ['volumes', index, 'storage']));
    const own: Path = [...path, 'storage'];
    return [
      {
        path: own,
        cause: `is ${quote(container.storage, own)}, but the volumes mounted in it have ${need}`,
        remedy: `raise it to at least ${need}: a container's storage includes its volumes`,
      },
    ];
  });

/** Rule 5, first half: every mount names a declared volume. */
export const mountsDeclared: Rule = (draft, quote) => {
  const names = draft.volumes?.map((volume) => volume.name);
  if (!names || !allPresent(names)) return [];
  return mountsOf(draft).flatMap(({ path, mount }) => {
    if (mount.name === undefined || names.includes(mount.name)) return [];
    const own: Path = [...path, 'name'];
    const near = nearest(mount.name, names);
    const meant = near && quote(near, ['volumes', names.indexOf(near), 'name']);
    return [
      {
        path: own,
        cause: `no volume is called ${quote(mount.name, own)}`,
        remedy: meant
          ? `did you mean ${meant}?`
          : names.length > 0
            ? 'declare it under volumes, or mount a declared volume'
            : 'declare it: volumes: [{name: …, storage: …}]',
      },
    ];
  });
};

/** Rule 5, second half: the mount points of a container are neither repeated nor nested. */
export const mountPointsApart: Rule = (draft) =>
  containersOf(draft).flatMap(({ path, container }) => {
    const problems: SpecProblem[] = [];
    const points = (container.mounts ?? []).map((mount) => mount?.mount_point?.replace(/\/+$/, ''));
    points.forEach((point, index) => {
      const clash = points
        .slice(0, index)
        .findIndex((other) => other && point && (`${point}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${point}/`)));
      if (clash < 0) return;
      const same = points[clash] === point;
      problems.push({
        path: [...path, 'mounts', index, 'mount_point'],
        cause: same ? 'is the mount point of another volume in this container' : 'is nested with another mount point of this container',
        remedy: 'give each volume a directory of its own, none inside another',
        other: [...path, 'mounts', clash, 'mount_point'],
      });
    });
    return problems;
  });

/** Rule 8: a container that is meant to end has no healthcheck. */
export const onceUnchecked: Rule = (draft) =>
  containersOf(draft)
    .filter(({ container: { once, healthcheck } }) => once === true && (healthcheck ?? 'none') !== 'none')
    .map(({ path }) => ({
      path: [...path, 'healthcheck'],
      cause: 'is never run where `once` is true: the worker waits until the container has ended',
      remedy: 'remove healthcheck, or once',
      other: [...path, 'once'],
    }));

/** Rule 6, warnings: volumes in memory count against the memory of the containers that mount them. */
export const memoryVolumes: Rule = (draft, quote) =>
  mountsOf(draft).flatMap(({ path, mount, container }) => {
    const index = (draft.volumes ?? []).findIndex((one) => one.name === mount.name && one.medium === 'memory');
    const size = draft.volumes?.[index]?.storage;
    if (size === undefined || container.memory === undefined || mount.name === undefined) return [];
    const source: Path = ['volumes', index, 'storage'];
    const memory: Path = [...path.slice(0, 2), 'memory'];
    return [
      {
        path: [...path, 'name'],
        cause: `files in ${quote(mount.name, [...path, 'name'])} (up to ${quote(size, source)}) count against this container's memory of ${quote(container.memory, memory)}`,
        remedy:
          size >= container.memory
            ? 'they can fill all of it: raise memory, or use medium: disk'
            : 'leave room for them in memory, or use medium: disk',
      },
    ];
  });

function mountsOf(draft: Draft) {
  return containersOf(draft).flatMap(({ path, container }) =>
    (container.mounts ?? []).flatMap((mount, index) => (mount ? [{ path: [...path, 'mounts', index] as Path, mount, container }] : [])),
  );
}

function allPresent<T>(values: (T | undefined)[]): values is T[] {
  return !values.includes(undefined);
}

function total(sizes: number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0);
}
