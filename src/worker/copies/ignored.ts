import { readFile } from 'node:fs/promises';
import type { Enter, TreeEntry } from '../../backends/shared/tree.js';

/** The patterns of an ignore file, for paths below the copied directory. */
export interface Patterns {
  ignores(path: string): boolean;
  /** The patterns have exceptions (`!`): content of an ignored directory may be kept. */
  exceptions: boolean;
}

/** Reads a file of patterns in the language of `.dockerignore`. */
export async function readPatterns(file: string): Promise<Patterns> {
  const text = await readFile(file, 'utf8');
  const rules = (await import('@balena/dockerignore')).default.default().add(text);
  return { ignores: (path) => rules.ignores(path), exceptions: /^\s*!/m.test(text) };
}

/** Walks a tree without its ignored entries. An ignored directory is kept if an exception keeps something in it. */
export function* withoutIgnored(
  walk: (enter: Enter) => Iterable<TreeEntry>,
  as: string,
  { ignores, exceptions }: Patterns,
  enter: Enter,
): Generator<TreeEntry> {
  const pathOf = (name: string) => name.slice(as.length + 1);
  const ignored = (name: string) => name !== as && ignores(pathOf(name));
  let above: TreeEntry[] = [];
  for (const entry of walk((name) => enter(name) && (exceptions || !ignored(name)))) {
    above = above.filter(({ name }) => entry.name.startsWith(`${name}/`));
    if (ignored(entry.name)) {
      if (entry.stat.isDirectory()) above.push(entry);
      continue;
    }
    yield* above;
    above = [];
    yield entry;
  }
}
