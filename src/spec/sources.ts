import { isAbsolute, relative, resolve } from 'node:path';
import { containersOf, type Draft, type DraftMount } from './draft.js';
import type { Path } from './path.js';
import type { Rule, SpecProblem } from './rules.js';
import type { ContainerSpec, SourceSpec, WorkerSpec } from './worker-spec.js';

/** Where the paths of sources lead. */
export interface SourceOptions {
  /** Absolute path of the spec's folder. */
  directory: string;
  /** The path with its links resolved; `null`: nothing is there. Absent: paths are taken as they are. */
  realPath?: (path: string) => string | null;
}

interface FileMount {
  name: string | null;
  source: string | null;
  mount_point: string;
  read_only: boolean;
  copy_on_write: boolean;
}

/** Parts a container's mounts into volumes and sources. */
export function splitMounts(mounts: readonly FileMount[], options: SourceOptions): Pick<ContainerSpec, 'mounts' | 'sources'> {
  return {
    mounts: mounts.flatMap(({ name, mount_point }) => (name === null ? [] : [{ name, mount_point }])),
    sources: mounts.flatMap(({ source, mount_point, read_only, copy_on_write }) =>
      source === null ? [] : [{ source: pathOf(source, options) ?? '', mount_point, read_only, copy_on_write }],
    ),
  };
}

/** The sources of all containers. A spec of another machine must have none. */
export function everySource({ containers, service_containers }: Pick<WorkerSpec, 'containers' | 'service_containers'>): (SourceSpec & {
  container: string;
})[] {
  return [...containers, ...service_containers].flatMap(({ name, sources }) => sources.map((one) => ({ ...one, container: name })));
}

/** A mount is either a volume or a source, and only a source has options. */
export const mountsAreEither: Rule = (draft) =>
  mountsIn(draft).flatMap(({ path, mount: { name, source, read_only, copy_on_write } }): SpecProblem[] => {
    if (name !== undefined && source !== undefined) {
      const remedy = 'remove one of them: a mount is either a volume of this spec or a directory of your machine';
      return [{ path: [...path, 'source'], cause: 'stands beside name', remedy, other: [...path, 'name'] }];
    }
    if (name === undefined && source === undefined) {
      const remedy = 'add `name: work` for a volume of this spec, or `source: ./src` for a directory of your machine';
      return [{ path: [...path, 'name'], cause: 'is required where there is no source', remedy }];
    }
    if (read_only && copy_on_write) {
      const remedy = 'remove one of them';
      return [{ path: [...path, 'copy_on_write'], cause: 'stands beside read_only', remedy, other: [...path, 'read_only'] }];
    }
    const option = read_only ? 'read_only' : copy_on_write ? 'copy_on_write' : null;
    if (source !== undefined || option === null) return [];
    return [{ path: [...path, option], cause: 'is for a mount with a source', remedy: 'remove it' }];
  });

/** Every source exists, and is not all of the machine's files. */
export function sourcesExist(options: SourceOptions): Rule {
  return (draft, quote) =>
    sourcesIn(draft).flatMap(({ path, source }) => {
      const real = pathOf(source, options);
      const wrong = (cause: string, remedy: string) => [{ path, cause, remedy }];
      if (real === null)
        return wrong(
          `does not exist: ${quote(resolve(options.directory, source), path)}`,
          'check the path: it is relative to the spec file',
        );
      if (real === '/') return wrong('is the whole file system of your machine', 'mount the directory that the container needs');
      return /[:,\\]/.test(real) ? wrong('must lead to a path without ":", "," and "\\"', 'rename it, or copy it elsewhere') : [];
    });
}

/** Warnings: sources outside of the spec's folder. */
export function sourcesInside(options: SourceOptions): Rule {
  return (draft, quote) =>
    sourcesIn(draft).flatMap(({ path, source }) => {
      const real = pathOf(source, options);
      return real === null || isInside(real, pathOf('.', options) ?? options.directory)
        ? []
        : [{ path, cause: `leads outside of the spec's folder, to ${quote(real, path)}`, remedy: 'check that this is meant' }];
    });
}

/** Whether a path is a directory itself, or inside of it. Both are absolute. */
export function isInside(path: string, directory: string): boolean {
  return !/^\.\.(\/|$)/.test(relative(directory, path));
}

function pathOf(source: string, { directory, realPath = (path) => path }: SourceOptions): string | null {
  return realPath(isAbsolute(source) ? source : resolve(directory, source));
}

function sourcesIn(draft: Draft): { path: Path; source: string }[] {
  return mountsIn(draft).flatMap(({ path, mount }) => (mount.source ? [{ path: [...path, 'source'], source: mount.source }] : []));
}

function mountsIn(draft: Draft): { path: Path; mount: DraftMount }[] {
  return containersOf(draft).flatMap(({ path, container }) =>
    (container.mounts ?? []).flatMap((mount, index) => (mount ? [{ path: [...path, 'mounts', index] as Path, mount }] : [])),
  );
}
