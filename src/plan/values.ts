import type { AttributeSchema, Value, ValueType } from './resource-schema.js';

/** A value that is not known before a dependency is made. */
export const unknown = '\u0000(known after apply)';

/** JSON with sorted keys: equal values have equal texts. */
export function canonical(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.keys(value).sort();
    return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Brings a configured value into the form of a state: typed, sets sorted and without duplicates, absent members filled in. */
export function normalise(value: Value, type: ValueType): Value {
  if (value === null || value === unknown) return value;
  if (type === 'string') return typeof value === 'string' ? value : String(value);
  if (type === 'number') return typeof value === 'string' ? Number(value) : value;
  if (type === 'bool') return typeof value === 'string' ? value === 'true' : value;
  if ('list' in type) return asList(value).map((item) => normalise(item, type.list));
  if ('set' in type) return sortedSet(asList(value).map((item) => normalise(item, type.set)));
  const members = value as Record<string, Value>;
  if ('map' in type) return Object.fromEntries(Object.entries(members).map(([key, item]) => [key, normalise(item, type.map)]));
  return Object.fromEntries(
    Object.entries(type.object).map(([key, member]) => [key, normalise(members[key] ?? type.defaults?.[key] ?? null, member)]),
  );
}

export function sortedSet(items: Value[]): Value[] {
  if (items.length < 2) return items;
  const unique = new Map(items.map((item) => [canonical(item), item]));
  return [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}

/** A block that may occur only once can be written without a list. */
function asList(value: Value): Value[] {
  return Array.isArray(value) ? value : [value];
}

/** Whether a value is null, empty, zero or false. A provider may return any of these for another: that is no change. */
function isEmpty(value: Value): boolean {
  if (value === null || value === '' || value === 0 || value === false) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

export function same(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  // The costly texts are made only when both values have content.
  return typeof a === 'object' && typeof b === 'object' && canonical(a) === canonical(b);
}

/**
 * Like `same`, also within blocks of a type: a provider reads a null member back as empty. Not within maps, where a name without a value
 * differs from no name.
 */
export function sameAs(a: Value, b: Value, type: ValueType): boolean {
  return same(a, b) || (typeof type === 'object' && same(withoutEmpty(a, type), withoutEmpty(b, type)));
}

function withoutEmpty(value: Value, type: ValueType): Value {
  if (value === null || typeof value !== 'object' || typeof type === 'string' || 'map' in type) return value;
  if ('set' in type) return sortedSet(asList(value).map((item) => withoutEmpty(item, type.set)));
  if ('list' in type) return asList(value).map((item) => withoutEmpty(item, type.list));
  const members = Object.entries(value).filter(([, member]) => !isEmpty(member));
  return Object.fromEntries(members.map(([key, member]) => [key, withoutEmpty(member, type.object[key] ?? 'string')]));
}

/** Fills computed members that the configuration leaves out with the backend's own values. */
export function fillComputed(wanted: Value, prior: Value, type: ValueType): Value {
  if (typeof type === 'string' || wanted === null || prior === null || wanted === unknown) return wanted;
  if ('list' in type && Array.isArray(wanted) && Array.isArray(prior)) {
    return wanted.map((item, index) => fillComputed(item, prior[index] ?? null, type.list));
  }
  if (!('object' in type) || !type.computed) return wanted;
  const members = wanted as Record<string, Value>;
  const before = prior as Record<string, Value>;
  return Object.fromEntries(
    Object.entries(members).map(([key, value]) => [key, value === null && type.computed!.includes(key) ? (before[key] ?? null) : value]),
  );
}

/** The value of an attribute of a new resource that the configuration does not set. */
export function absent(schema: AttributeSchema): Value {
  if (schema.default !== undefined) return schema.default;
  return schema.computed ? unknown : null;
}
