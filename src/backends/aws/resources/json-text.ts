import type { Value } from '../../../plan/resource-schema.js';
import { canonical } from '../../../plan/values.js';

/** A policy as it is configured when AWS says the same in other words, else as AWS says it. */
export function keepPolicy(said: string, known: Value | undefined): string {
  return typeof known === 'string' && policyForm(said) === policyForm(known) ? known : said;
}

function policyForm(text: string): string {
  const value = parse(text);
  return value === undefined ? text : canonical(plainPolicy(value));
}

/** One of something and a list of that one are the same; the order in a list says nothing. */
function plainPolicy(value: Value): Value {
  if (Array.isArray(value)) {
    const items = value.map(plainPolicy);
    return items.length === 1 ? items[0]! : items.sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainPolicy(member)]));
}

/** The value of a JSON text; undefined where it is none. */
export function parse(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}
