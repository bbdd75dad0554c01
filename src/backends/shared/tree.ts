import { lstatSync, readdirSync, type Stats } from 'node:fs';

/** An object of a local tree. */
export interface TreeEntry {
  /** Its local path. */
  path: string;
  /** Its name in the copy: the copy's own name, and below it the path in the tree, with `/`. */
  name: string;
  stat: Stats;
}

/** Decides by an entry's name whether the walk goes on below it. */
export type Enter = (name: string) => boolean;

/**
 * Lists a file or a tree, directories before their content, and their content by name (libuv sorts it). Links are listed and never followed.
 * `as`: the name of the first entry.
 */
export function* walkTree(path: string, as: string, enter: Enter = () => true): Generator<TreeEntry> {
  const stat = lstatSync(path);
  yield { path, name: as, stat };
  if (!stat.isDirectory() || !enter(as)) return;
  for (const name of readdirSync(path)) yield* walkTree(`${path}/${name}`, `${as}/${name}`, enter);
}
