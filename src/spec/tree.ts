import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, visit } from 'yaml';
import { type Env, interpolate, retyped } from './interpolate.js';
import { formatPath, type Path } from './path.js';
import type { Located } from './syntax.js';

/** The position of a value in the text, and facts for messages about it. */
export interface Spot {
  path: Path;
  /** 0-based offset of the value's key, or of the list's item. */
  offset: number;
  /** Spelling of a plain number or boolean in the text. */
  spelling?: string;
  /** Variables whose values are part of the text: it must not be shown. */
  from?: string[];
  /** Value of a text that was exactly one reference, for fields that are no strings. */
  typed?: string | number | boolean | null;
  /** The value's reference failed and was reported: no other problem is reported for it. */
  failed?: true;
}

export interface Tree {
  /** Plain objects, lists and scalars, owned by the caller. */
  value: unknown;
  /** Keys: formatted paths. */
  spots: Map<string, Spot>;
  problems: Located[];
  /** The value is incomplete, because aliases cannot be expanded. */
  broken: boolean;
}

/** Number of values that all aliases together may expand to. A spec needs dozens; a malicious text expands to billions. */
const maxExpanded = 10_000;

/** Turns a document into values: expands aliases and merges (`<<`), replaces `${env:…}`, records the position of every value. */
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

  /** Calls `use` with the node that an alias names. Refuses an alias inside that node, because its expansion has no end. */
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
    if (expanding.has(target)) return giveUp(offset, path, 'the alias is inside the value that it names', 'write the value out');
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
        report(offset, path, key === undefined ? 'a key must be a plain word' : '__proto__ is not allowed as a key', 'write `key: value`');
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

  /** Adds the keys of the mappings after `<<`. The keys of `object` win. */
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
      // Escapes and line folds shift offsets, so the reference is found by its number in the text.
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

/** The target of each alias: the last node before it with that anchor. (The library's own lookup walks the document for each alias.) */
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
