import { posix } from 'node:path';
import type { ArtifactSpec } from '../../spec/worker-spec.js';

/** The part of a container that an artifact is read from. */
export interface Selection {
  /** Absolute path to read: the path itself, or a glob's first part, up to its first name with a wildcard. */
  root: string;
  /** The rest of a glob, matched with paths below `root`; `null`: all of `root`. */
  glob: string | null;
  /** Path of `root` in the caller's directory. */
  destination: string;
}

const wildcard = /[*?[{]/;

/** `directory`: the container's working directory, absolute. */
export function selectionOf({ from, to }: Pick<ArtifactSpec, 'from' | 'to'>, directory: string): Selection {
  const parts = from.split('/');
  const first = parts.findIndex((part) => wildcard.test(part));
  const fixed = first < 0 ? parts : parts.slice(0, first);
  const root = posix.resolve(directory, from.startsWith('/') ? '/' : '', ...fixed);
  const glob = first < 0 ? null : parts.slice(first).join('/');
  return { root, glob, destination: destinationOf(to, root, glob !== null, directory) };
}

/** Without `to`: the path below the container's working directory, or outside of it the last name. */
function destinationOf(to: string | null, root: string, isGlob: boolean, directory: string): string {
  const name = posix.basename(root);
  if (to !== null) return posix.join('.', isGlob || !isDirectory(to) ? to : `${to}/${name}`).replace(/\/$/, '');
  const below = posix.relative(directory, root);
  return (below.split('/')[0] === '..' ? name : below) || '.';
}

function isDirectory(to: string): boolean {
  return to.endsWith('/') || ['.', '..'].includes(posix.basename(to));
}

/** Whether a path below the root of a selection is selected. A directory that matches a glob is selected with its content. */
export function selects(matches: (path: string) => boolean): (path: string) => boolean {
  return (path) => {
    const parts = path.split('/');
    return parts.some((_, index) => matches(parts.slice(0, index + 1).join('/')));
  };
}

/** Path of a tar's entry below the tar's first entry, whose own path is ''. `rooted`: the first entry is `/` or `./`. */
export function pathBelow(entry: string, rooted: boolean): string {
  const parts = entry.split('/').filter((part) => part !== '' && part !== '.');
  return (rooted ? parts : parts.slice(1)).join('/');
}
