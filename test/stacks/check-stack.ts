import { metaArguments } from '../../src/plan/graph.js';
import type { Stack } from '../../src/plan/stack.js';
import { type BlockDoc, type CtyType, resourceDoc } from '../support/provider-schema.js';

/** What the provider would refuse in a stack, each with its place; empty when it takes it. References are of any type. */
export function checkStack(stack: Stack): string[] {
  return Object.entries(stack.resource ?? {}).flatMap(([type, blocks]) =>
    Object.entries(blocks).flatMap(([name, block]) => {
      const attributes = Object.fromEntries(Object.entries(block).filter(([key]) => !metaArguments.has(key)));
      return checkBlock(attributes, resourceDoc(type).block, `${type}.${name}`);
    }),
  );
}

function checkBlock(value: Record<string, unknown>, { attributes = {}, block_types = {} }: BlockDoc, at: string): string[] {
  const missing = Object.entries(attributes).filter(([key, { required }]) => required && value[key] === undefined);
  const few = Object.entries(block_types).filter(([key, { min_items = 0 }]) => listed(value[key]).length < min_items);
  const problems = [
    ...missing.map(([key]) => `${at}.${key}: required`),
    ...few.map(([key, { min_items }]) => `${at}.${key}: at least ${min_items}`),
  ];
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const place = `${at}.${key}`;
    const attribute = attributes[key];
    const nested = block_types[key];
    if (attribute) {
      if (!attribute.required && !attribute.optional) problems.push(`${place}: only the provider sets it`);
      problems.push(...checkType(item, attribute.type, place));
    } else if (nested) {
      const items = listed(item);
      if (nested.max_items !== undefined && items.length > nested.max_items) problems.push(`${place}: at most ${nested.max_items}`);
      items.forEach((one, index) => problems.push(...checkBlock(one as Record<string, unknown>, nested.block, `${place}[${index}]`)));
    } else problems.push(`${place}: unknown`);
  }
  return problems;
}

/** One block may stand for a list of that one. */
function listed(item: unknown): unknown[] {
  if (item === undefined || item === null) return [];
  return Array.isArray(item) ? item : [item];
}

function checkType(value: unknown, type: CtyType, at: string): string[] {
  if (typeof value === 'string' && /(^|[^$])\$\{/.test(value)) return [];
  if (typeof type === 'string') {
    return typeof value === (type === 'bool' ? 'boolean' : type) ? [] : [`${at}: must be a ${type}, is ${JSON.stringify(value)}`];
  }
  const [kind, of] = type;
  if (kind === 'map') return Object.entries(value as object).flatMap(([key, item]) => checkType(item, of as CtyType, `${at}.${key}`));
  if (kind === 'object') return checkObject(value, of as Record<string, CtyType>, at);
  if (!Array.isArray(value)) return [`${at}: must be a ${kind}`];
  return value.flatMap((item, index) => checkType(item, of as CtyType, `${at}[${index}]`));
}

/** Unlike a block, an object that is an attribute has each of its members said. */
function checkObject(value: unknown, members: Record<string, CtyType>, at: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: must be an object`];
  const given = value as Record<string, unknown>;
  const missing = Object.keys(members).filter((key) => given[key] === undefined);
  return [
    ...missing.map((key) => `${at}.${key}: required`),
    ...Object.entries(given).flatMap(([key, item]) => {
      // The fixture lost all that is called so, with the descriptions.
      if (key === 'description') return checkType(item, 'string', `${at}.${key}`);
      return members[key] === undefined ? [`${at}.${key}: unknown`] : checkType(item, members[key], `${at}.${key}`);
    }),
  ];
}
