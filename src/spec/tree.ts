import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit } from 'yaml';
import { type Env, interpolate, retyped } from './interpolate.js';
import { formatPath, type Path } from './path.js';
import type { Located } from './syntax.js';

/** Where a value of the tree was written, and what must be known to speak of it. */
export interface Spot {
  path: Path;
  /** Of its key, or of the item of a list. 0-based. */
  offset: number;
  /** A plain number or boolean as it was spelled. */
  spelling?: string;
  /** Variables its text came from: it must not be shown. */
  from?: string[];
  /** What a text that was one whole reference means where no string is wanted. */
  typed?: string | number | boolean | null;
  /** Its reference failed and was reported: nothing more is to be said about it. */
  failed?: true;
}

export interface Tree {
  /** Plain objects, lists and scalars, owned by the caller. */
  value: unknown;
  /** By formatted path. */
  spots: Map<string, Spot>;
  problems: Located[];
  /** The value is incomplete: aliases that can't be expanded. */
  broken: boolean;
}

/** Values that aliases may stand for in all; a spec needs dozens, a bomb makes billions. */
const maxExpanded = 10_000;

/** Turns a document into values: aliases and merges (`<<`) expanded, `${env:…}` replaced, every value's place noted. */
export function readTree(document: Document, source: string, env: Env): Tree {
  const targets = aliasTargets(document);
  const tree: Tree = { value: undefined, spots: new Map(), problems: [], broken: false };
  const expanding = new Set<Node>();
  let expanded = 0;

  const report = (offset: number, path: Path, cause: string, remedy: string) =>
    tree.problems.push({ offset, path: formatPath(path), cause, remedy });
  const giveUp = (offset: number, path: Path, cause: string, remedy: string) => {
    if (!tree.broken) report(offset, path, cause, remedy);
    tree.broken = true;
    return null;
  };

  /** Follows an alias and calls `use` with what it names; guards against aliases of aliases without end. */
  const follow = (alias: Alias, path: Path, use: (node: Node) => unknown): unknown => {
    const offset = startOf(alias);
    const target = targets.get(alias);
    if (!target)
      return giveUp(
        offset,
        path,
        'the alias names no anchor above it',
        'set the anchor (&name) before the alias, or put a text that starts with * in quotes',
      );
    if (expanding.has(target)) return giveUp(offset, path, 'the alias stands inside what it names', 'write the value out');
    expanding.add(target);
    const value = use(target);
    expanding.delete(target);
    return value;
  };

  const read = (node: unknown, path: Path, offset: number): unknown => {
    if (tree.broken) return null;
    if (expanding.size > 0 && ++expanded > maxExpanded) {
      return giveUp(offset, path, 'aliases expand to too many values', 'write the values out instead of nesting aliases');
    }
    if (isAlias(node)) return follow(node, path, (target) => read(target, path, offset));
    const spot: Spot = { path, offset };
    tree.spots.set(formatPath(path), spot);
    if (isSeq(node)) return node.items.map((item, index) => read(item, [...path, index], startOf(item) || offset));
    if (isMap(node)) {
      const object: Record<string, unknown> = {};
      readPairs(node.items, object, new Map(), path);
      return object;
    }
    if (!isScalar(node)) return null;
    if (typeof node.value !== 'string') {
      if (node.source !== undefined && node.value !== null) spot.spelling = node.source;
      return node.value;
    }
    return readText(node.value, spot, startOf(node), source.slice(...(node.range ?? [0, 0])));
  };

  const readPairs = (pairs: Pair[], object: Record<string, unknown>, seen: Map<string, number>, path: Path): void => {
    const merges: unknown[] = [];
    for (const pair of pairs) {
      const offset = startOf(pair.key);
      const key = isScalar(pair.key) ? String(pair.key.value ?? '') : undefined;
      if (key === undefined || key === '__proto__') {
        report(offset, path, key === undefined ? 'a key must be a plain word' : 'no key can be called __proto__', 'write `key: value`');
        continue;
      }
      if (key === '<<') {
        merges.push(pair.value);
        continue;
      }
      const first = seen.get(key);
      if (first !== undefined) {
        report(offset, [...path, key], `${JSON.stringify(key)} is written twice in this mapping`, 'remove one of the two');
        continue;
      }
      seen.set(key, offset);
      object[key] = read(pair.value, [...path, key], offset);
    }
    for (const merge of merges) readMerge(merge, object, seen, path);
  };

  /** `<<` takes the keys of other mappings, where the mapping hasn't its own. */
  const readMerge = (node: unknown, object: Record<string, unknown>, seen: Map<string, number>, path: Path): void => {
    if (isAlias(node)) follow(node, path, (target) => readMerge(target, object, seen, path));
    else if (isSeq(node)) for (const item of node.items) readMerge(item, object, seen, path);
    else if (isMap(node)) {
      const missing = node.items.filter((pair) => !(isScalar(pair.key) && seen.has(String(pair.key.value ?? ''))));
      readPairs(missing, object, seen, path);
    } else report(startOf(node), [...path, '<<'], '<< takes the alias of a mapping, or a list of them', 'write <<: *name');
  };

  const readText = (text: string, spot: Spot, offset: number, written: string): string | null => {
    const result = interpolate(text, env);
    if (!result) return text;
    for (const problem of result.problems) {
      // Escapes and line folds shift the text; that the nth reference is the nth remains.
      const before = text.slice(0, problem.index).split('${env:').length - 1;
      const at = written
        .split('${env:')
        .slice(0, before + 1)
        .join('${env:').length;
      report(offset + (at < written.length ? at : 0), spot.path, problem.cause, problem.remedy);
    }
    if (result.from.length > 0) spot.from = result.from;
    if (result.whole) spot.typed = retyped(result.text);
    if (result.problems.length === 0) return result.text;
    spot.failed = true;
    return null;
  };

  const root = document.contents;
  tree.value = read(root, [], startOf(root));
  return tree;
}

function startOf(node: unknown): number {
  return (node as Node | null)?.range?.[0] ?? 0;
}

/** What each alias names: the last node before it with that anchor. (Asking the library walks the document for each alias.) */
function aliasTargets(document: Document): Map<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Alias: (_key, alias) => {
      const target = anchors.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value: (_key, node) => {
      if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return targets;
}
