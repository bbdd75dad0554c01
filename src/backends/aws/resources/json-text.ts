import type { Value } from '../../../plan/resource-schema.js';
import { canonical } from '../../../plan/values.js';

/** The meaning of a policy: a single value equals a list with only this value, and the order of lists and keys does not count. */
export function policyMeaning(text: Value): Value {
  const value = parse(text);
  return value === undefined ? text : plainPolicy(value);
}

function plainPolicy(value: Value): Value {
  if (Array.isArray(value)) {
    const items = value.map(plainPolicy);
    return items.length === 1 ? items[0]! : items.sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainPolicy(member)]));
}

/** The value of a JSON text; `undefined` for other text. */
export function parse(text: Value): Value | undefined {
  try {
    return typeof text === 'string' ? (JSON.parse(text) as Value) : undefined;
  } catch {
    return undefined;
  }
}
