import { type Labels, labelKeys } from '../../../labels.js';
import type { Attributes, AttributeSchema, ResourceSchema, Value } from '../../../plan/resource-schema.js';
import { meansTheSame } from '../../../plan/diff.js';
import { sortedSet } from '../../../plan/values.js';

/**
 * All attributes of the schema: AWS's value, or the configured one (for attributes that AWS does not return), or the provider's default.
 * A text that means the same as the known one keeps the known spelling.
 */
export function complete(schema: ResourceSchema, known: Attributes, said: Attributes): Attributes {
  const valueOf = (key: string, attribute: AttributeSchema): Value => {
    const [says, knows] = [said[key] ?? null, known[key] ?? null];
    if (attribute.writeOnly) return null;
    if (attribute.meaning && says !== null && knows !== null && meansTheSame(says, knows, attribute)) return knows;
    return says ?? (key in said ? null : knows) ?? attribute.default ?? nothing(attribute);
  };
  return Object.fromEntries(Object.entries(schema.attributes).map(([key, attribute]) => [key, valueOf(key, attribute)]));
}

function nothing({ type }: AttributeSchema): Value {
  return typeof type === 'object' && ('list' in type || 'set' in type) ? [] : null;
}

/** Tags of the lease. They are on the schedule group, but belong to an object of their own. */
const leaseTags: readonly string[] = [labelKeys.ends, labelKeys.maxDuration];

/** Tags in the form of the state. Without default tags both attributes are equal. */
export function tagAttributes(labels: Labels): Attributes {
  const tags = Object.fromEntries(Object.entries(labels).filter(([key]) => !leaseTags.includes(key)));
  return { tags, tags_all: tags };
}

export function wantedTags(wanted: Attributes): Labels {
  return (wanted['tags'] ?? {}) as Labels;
}

export function text(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A text that is sent only if it is not empty. */
export function optionalText(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The only block in a list. */
export function block(value: Value | undefined): Record<string, Value> | undefined {
  return Array.isArray(value) ? (value[0] as Record<string, Value> | undefined) : undefined;
}

export function setOf(values: readonly string[] | undefined): Value {
  return sortedSet([...(values ?? [])]);
}

/** A time in the form that the provider writes into a state. */
export function time(date: Date | undefined): string | null {
  return date ? date.toISOString().replace(/\.\d{3}Z$/, 'Z') : null;
}
