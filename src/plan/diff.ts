import type { AttributeChange, Drift } from './plan.js';
import { unknown } from './values.js';
import type { AttributeSchema, Attributes, ResourceSchema, Value } from './resource-schema.js';
import { absent, fillComputed, normalise, same, sameAs } from './values.js';

/** Configured attributes, normalised as in a state. Attributes that are not configured are missing. */
export function normaliseBlock(configured: Record<string, Value>, schema: ResourceSchema): Attributes {
  const set = Object.entries(configured).filter(([key, value]) => value !== null && schema.attributes[key]);
  return Object.fromEntries(set.map(([key, value]) => [key, normalise(value, schema.attributes[key]!.type)]));
}

/** The attributes of a new resource. Those that only the backend can fill in are `unknown`. */
export function wantedForCreate(configured: Attributes, schema: ResourceSchema): Attributes {
  return mapAttributes(schema, (key, attribute) => configured[key] ?? absent(attribute));
}

/** The wanted attributes of an existing resource: the configured value, or the default, or the computed value that it has. */
export function wantedForUpdate(configured: Attributes, prior: Attributes, schema: ResourceSchema, ignored: readonly string[]): Attributes {
  return mapAttributes(schema, (key, attribute) => {
    const before = prior[key] ?? null;
    if (ignored.includes(key)) return before;
    const value = configured[key];
    if (value !== undefined) return fillComputed(value, before, attribute.type);
    if (attribute.default !== undefined) return attribute.default;
    return attribute.computed ? before : emptyLike(before);
  });
}

/** Replaces write-only attributes by `null`: they are stored in no plan and no state. */
export function withoutWriteOnly(attributes: Attributes, schema: ResourceSchema): Attributes {
  const keys = Object.keys(attributes).filter((key) => schema.attributes[key]?.writeOnly);
  return keys.length === 0 ? attributes : { ...attributes, ...Object.fromEntries(keys.map((key) => [key, null])) };
}

/** The empty value for an attribute that is no longer configured. An empty value of the backend's own form stays. */
function emptyLike(before: Value): Value {
  return same(before, null) ? before : null;
}

/** The attributes that differ. An `unknown` value in `after` differs from every value. */
export function diffAttributes(before: Attributes, after: Attributes, schema: ResourceSchema): AttributeChange[] {
  const changes: AttributeChange[] = [];
  for (const key in schema.attributes) {
    const attribute = schema.attributes[key]!;
    if (attribute.writeOnly) continue;
    const was = before[key] ?? null;
    const becomes = after[key] ?? null;
    if (becomes !== unknown && meansTheSame(was, becomes, attribute)) continue;
    changes.push({ path: key, before: was, after: becomes, replaces: replaces(attribute, before), secret: attribute.secret ?? false });
  }
  return changes;
}

export function meansTheSame(a: Value, b: Value, { type, meaning }: AttributeSchema): boolean {
  return sameAs(a, b, type) || (meaning !== undefined && same(meaning(a), meaning(b)));
}

function replaces({ replaces: always, replacesOurs }: AttributeSchema, before: Attributes): boolean {
  return always ?? replacesOurs?.(before) ?? false;
}

/** The difference between a resource in the state and the actual one; `null` if there is none. */
export function driftOf(address: string, remembered: Attributes | null, actual: Attributes | null, schema: ResourceSchema): Drift | null {
  if (remembered === null) return actual === null ? null : { address, kind: 'adopted', attributes: [] };
  if (actual === null) return { address, kind: 'gone', attributes: [] };
  const attributes = diffAttributes(remembered, actual, schema);
  return attributes.length > 0 ? { address, kind: 'changed', attributes } : null;
}

function mapAttributes(schema: ResourceSchema, value: (key: string, attribute: AttributeSchema) => Value): Attributes {
  const attributes: Attributes = {};
  for (const key in schema.attributes) attributes[key] = value(key, schema.attributes[key]!);
  return attributes;
}
