import { describe, expect, test } from 'vitest';
import { schemas } from '../../../src/backends/aws/resources/schemas.js';
import { ctyType } from '../../../src/plan/outputs.js';
import { type BlockDoc, type CtyType, resourceDoc, typeOf } from '../../support/provider-schema.js';
import { golden } from '../../stacks/specs.js';
import { stackOf } from '../../stacks/support.js';

/** Blocks that the provider fills in, which no published schema says. */
const filledIn = ['deployment_configuration', 'deployment_controller', 'inline_policy'];

describe.each(Object.values(schemas))("$type is the provider's", (schema) => {
  const { version, block } = resourceDoc(schema.type);
  const [, documented] = typeOf(block) as [string, Record<string, CtyType>];

  test('version and names', () => {
    expect(schema.version).toBe(version);
    expect(Object.keys(schema.attributes).sort()).toEqual(Object.keys(documented).sort());
  });

  test('types', () => {
    const ours = Object.entries(schema.attributes).map(([key, { type }]) => [key, withoutDescription(ctyType(type) as CtyType)] as const);
    const theirs = ours.map(([key, type]) => [key, asFarAs(type, documented[key]!)]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
  });

  test('what the backend fills in', () => {
    const computed = (doc: BlockDoc) =>
      Object.entries(doc.attributes ?? {}).flatMap(([key, attribute]) => (attribute.computed ? [key] : []));
    const ours = Object.entries(schema.attributes).flatMap(([key, attribute]) => (attribute.computed ? [key] : []));
    expect(ours.filter((key) => !filledIn.includes(key)).sort()).toEqual(computed(block).sort());
  });
});

const written = Object.entries(golden).filter(([, { backend }]) => backend === 'aws');

test.each(written)('%s: nothing is in a block that a schema leaves empty', (_name, { spec }) => {
  const known = new Map(Object.values(schemas).map((schema) => [schema.type, schema.attributes]));
  const problems = Object.entries(stackOf(spec, 'aws').resource ?? {}).flatMap(([type, blocks]) =>
    Object.values(blocks).flatMap((block) =>
      Object.entries(block).flatMap(([key, value]) => {
        const attribute = known.get(type)?.[key];
        return attribute ? inEmpty(value, ctyType(attribute.type) as CtyType, `${type}.${key}`) : [];
      }),
    ),
  );
  expect(problems).toEqual([]);
});

/** A block without members is one that mayfly writes into no stack: what is in it matters to nobody. */
function isEmpty(type: CtyType): boolean {
  return typeof type !== 'string' && (type[0] === 'object' ? Object.keys(type[1]).length === 0 : isEmpty(type[1] as CtyType));
}

/** The provider's type without what is in blocks that ours leaves empty. */
function asFarAs(ours: CtyType, theirs: CtyType): CtyType {
  if (typeof ours === 'string' || typeof theirs === 'string' || ours[0] !== theirs[0]) return theirs;
  if (ours[0] !== 'object') return [theirs[0], asFarAs(ours[1] as CtyType, theirs[1] as CtyType)];
  if (isEmpty(ours)) return ours;
  const [mine, members] = [ours[1] as Record<string, CtyType>, theirs[1] as Record<string, CtyType>];
  return [
    'object',
    Object.fromEntries(Object.entries(members).map(([key, type]) => [key, key in mine ? asFarAs(mine[key]!, type) : type])),
  ];
}

/** Where a stack says something of which the schema knows nothing. */
function inEmpty(value: unknown, type: CtyType, at: string): string[] {
  if (value === null || typeof value !== 'object' || typeof type === 'string') return [];
  if (type[0] !== 'object') return (Array.isArray(value) ? value : [value]).flatMap((one) => inEmpty(one, type[1] as CtyType, at));
  if (isEmpty(type)) return [`${at}: is used`];
  const members = type[1] as Record<string, CtyType>;
  return Object.entries(value).flatMap(([key, one]) =>
    members[key] ? inEmpty(one, members[key], `${at}.${key}`) : [`${at}.${key}: unknown`],
  );
}

/** The fixture is without descriptions, an attribute of that name in a rule among them. */
function withoutDescription(type: CtyType): CtyType {
  if (typeof type === 'string') return type;
  const [kind, of] = type;
  if (kind !== 'object') return [kind, withoutDescription(of as CtyType)];
  return [kind, Object.fromEntries(Object.entries(of as Record<string, CtyType>).filter(([key]) => key !== 'description'))];
}
