import type { Labels } from '../../labels.js';

/** Tags in the form of most services. */
export function tagList(labels: Labels): { Key: string; Value: string }[] {
  return Object.entries(labels).map(([Key, Value]) => ({ Key, Value }));
}

/** Tags in the form of ECS. */
export function ecsTags(labels: Labels): { key: string; value: string }[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value }));
}

type AnyTag = { Key?: string | undefined; Value?: string | undefined } | { key?: string | undefined; value?: string | undefined };

export function labelsFrom(tags: readonly AnyTag[] | undefined): Labels {
  const pairs = (tags ?? []).map((tag) => ('Key' in tag ? [tag.Key, tag.Value] : 'key' in tag ? [tag.key, tag.value] : []));
  // AWS's own tags are no labels.
  return Object.fromEntries(pairs.flatMap(([key, value]) => (key && !key.startsWith('aws:') ? [[key, value ?? '']] : [])));
}
