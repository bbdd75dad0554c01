import type { Scope } from './changes.js';
import type { ResourceSchema, Value, ValueType } from './resource-schema.js';
import type { Stack } from './stack.js';
import { evaluate, parseTemplate, type Reference } from './template.js';

export interface Output {
  value: Value;
  /** A type in cty's JSON notation, as in the state file. */
  type: unknown;
  sensitive: boolean;
}

export function evaluateOutputs(stack: Stack, scope: Scope, schemas: (type: string) => ResourceSchema): Record<string, Output> {
  return Object.fromEntries(
    Object.entries(stack.output ?? {}).map(([name, { value, sensitive }]) => [
      name,
      { value: evaluate(value, scope), type: typeOfExpression(value, scope, schemas), sensitive: sensitive ?? false },
    ]),
  );
}

/** The output `ports`: addresses (`host:port`) of the worker's further published ports, by name. */
export function publishedPorts(outputs: Record<string, Output>): Record<string, string> {
  return (outputs['ports']?.value ?? {}) as Record<string, string>;
}

/** The type that Terraform infers: a literal list is a tuple, a reference has its attribute's type. */
function typeOfExpression(value: Value, scope: Scope, schemas: (type: string) => ResourceSchema): unknown {
  if (value === null) return 'dynamic';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return ['tuple', value.map((item) => typeOfExpression(item, scope, schemas))];
  if (typeof value === 'object') {
    return ['object', Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typeOfExpression(item, scope, schemas)]))];
  }
  const parts = parseTemplate(value);
  const [only] = parts;
  if (only && 'text' in only && only.text === null) return 'dynamic';
  if (parts.length > 1 || !only || 'text' in only || only.reference[0] === 'var') return 'string';
  return ctyType(typeOfReference(only.reference, schemas));
}

function typeOfReference([type, , attribute, ...rest]: Reference, schemas: (type: string) => ResourceSchema): ValueType {
  let found = schemas(String(type)).attributes[String(attribute)]?.type ?? 'string';
  for (const step of rest) {
    if (typeof found === 'string') break;
    if ('list' in found) found = found.list;
    else if ('set' in found) found = found.set;
    else if ('map' in found) found = found.map;
    else found = found.object[String(step)] ?? 'string';
  }
  return found;
}

export function ctyType(type: ValueType): unknown {
  if (typeof type === 'string') return type;
  if ('list' in type) return ['list', ctyType(type.list)];
  if ('set' in type) return ['set', ctyType(type.set)];
  if ('map' in type) return ['map', ctyType(type.map)];
  return ['object', Object.fromEntries(Object.entries(type.object).map(([key, member]) => [key, ctyType(member)]))];
}
