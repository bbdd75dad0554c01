import { MayflyError } from '../errors.js';
import { unknown } from './values.js';
import type { Value } from './resource-schema.js';

/** The steps of a reference such as `docker_container.engine.ports[0].external`. */
export type Reference = (string | number)[];

/** `text` is `null` for `${null}`, the only literal that mayfly writes as an expression. */
type Part = { text: string | null } | { reference: Reference };

const expression = /^[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[\d+\])*$/;

/** Splits a template string of Terraform into text and references; `$${` and `%%{` are escapes. */
export function parseTemplate(text: string): Part[] {
  const parts: Part[] = [];
  let literal = '';
  for (let at = 0; at < text.length;) {
    if (text.startsWith('$${', at) || text.startsWith('%%{', at)) {
      literal += text.slice(at + 1, at + 3);
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = text.indexOf('}', at);
      if (literal) parts.push({ text: literal });
      literal = '';
      parts.push(parseExpression(end < 0 ? text.slice(at + 2) : text.slice(at + 2, end)));
      at = end < 0 ? text.length : end + 1;
    } else {
      literal += text[at];
      at += 1;
    }
  }
  if (literal || parts.length === 0) parts.push({ text: literal });
  return parts;
}

function parseExpression(text: string): Part {
  if (text === 'null') return { text: null };
  if (!expression.test(text)) {
    throw new MayflyError('stack_invalid', {
      cause: `the stack has an expression that the embedded applier cannot evaluate: \${${text}}`,
      remedy: 'refer to a resource, an attribute or a variable',
    });
  }
  return { reference: [...text.matchAll(/([A-Za-z_][\w-]*)|\[(\d+)\]/g)].map(([, name, index]) => name ?? Number(index)) };
}

/** All references in a value, in its order. */
export function referencesIn(value: unknown): Reference[] {
  if (typeof value === 'string') {
    return value.includes('{') ? parseTemplate(value).flatMap((part) => ('reference' in part ? [part.reference] : [])) : [];
  }
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (value !== null && typeof value === 'object') return Object.values(value).flatMap(referencesIn);
  return [];
}

/**
 * A value with its references resolved. A string that is exactly one reference takes the type of its value; a string with an `unknown`
 * part is `unknown`.
 */
export function evaluate(value: unknown, resolve: (reference: Reference) => Value): Value {
  if (typeof value === 'string') return value.includes('{') ? evaluateString(value, resolve) : value;
  if (Array.isArray(value)) return value.map((item) => evaluate(item, resolve));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluate(item, resolve)]));
  }
  return (value ?? null) as Value;
}

function evaluateString(text: string, resolve: (reference: Reference) => Value): Value {
  const parts = parseTemplate(text);
  const values = parts.map((part) => ('text' in part ? part.text : resolve(part.reference)));
  if (values.length === 1) return values[0] as Value;
  return values.includes(unknown) ? unknown : values.map(String).join('');
}

/** The value at the steps of a reference. Below `unknown` all is `unknown`. @throws MayflyError `stack_invalid` if a step is missing */
export function follow(root: Value, steps: Reference, whole: Reference): Value {
  let value = root;
  for (const step of steps) {
    if (value === unknown) return unknown;
    const next = value !== null && typeof value === 'object' ? (value as Record<string | number, Value | undefined>)[step] : undefined;
    if (next === undefined) {
      throw new MayflyError('stack_invalid', { cause: `the stack refers to ${formatReference(whole)}, which does not exist` });
    }
    value = next;
  }
  return value;
}

export function formatReference(reference: Reference): string {
  return reference.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
