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
  const problems = missing.map(([key]) => `${at}.${key}: required`);
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    const place = `${at}.${key}`;
    const attribute = attributes[key];
    const nested = block_types[key];
    if (attribute) {
      if (!attribute.required && !attribute.optional) problems.push(`${place}: only the provider sets it`);
      problems.push(...checkType(item, attribute.type, place));
    } else if (nested) {
      const items = Array.isArray(item) ? (item as unknown[]) : [item];
      if (nested.max_items !== undefined && items.length > nested.max_items) problems.push(`${place}: at most ${nested.max_items}`);
      items.forEach((one, index) => problems.push(...checkBlock(one as Record<string, unknown>, nested.block, `${place}[${index}]`)));
    } else problems.push(`${place}: unknown`);
  }
  return problems;
}

function checkType(value: unknown, type: CtyType, at: string): string[] {
  if (typeof value === 'string' && /(^|[^$])\$\{/.test(value)) return [];
  if (typeof type === 'string') {
    return typeof value === (type === 'bool' ? 'boolean' : type) ? [] : [`${at}: must be a ${type}, is ${JSON.stringify(value)}`];
  }
  const [kind, of] = type;
  if (kind === 'map') return Object.entries(value as object).flatMap(([key, item]) => checkType(item, of as CtyType, `${at}.${key}`));
  if (kind === 'object') return [];
  if (!Array.isArray(value)) return [`${at}: must be a ${kind}`];
  return value.flatMap((item, index) => checkType(item, of as CtyType, `${at}[${index}]`));
}
