import { describe, expect, test } from 'vitest';
import { schemas } from '../../../src/backends/aws/resources/schemas.js';
import { ctyType } from '../../../src/plan/outputs.js';
import { type BlockDoc, type CtyType, resourceDoc, typeOf } from '../../support/provider-schema.js';

/** Blocks written into no stack, so that what is in them matters to nobody. */
const unused = [
  ...['alarms', 'capacity_provider_strategy', 'deployment_configuration', 'load_balancer', 'ordered_placement_strategy'],
  ...['placement_constraints', 'service_connect_configuration', 'service_registries', 'volume_configuration'],
  ...['vpc_lattice_configurations', 'inline_policy', 'replica', 'proxy_configuration', 'timeouts', 'target', 'volume'],
];

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
    const known = Object.entries(schema.attributes).filter(([key]) => !unused.includes(key));
    const ours = Object.fromEntries(known.map(([key, { type }]) => [key, withoutDescription(ctyType(type) as CtyType)]));
    expect(ours).toEqual(Object.fromEntries(known.map(([key]) => [key, documented[key]])));
  });

  test('what the backend fills in', () => {
    const computed = (doc: BlockDoc) =>
      Object.entries(doc.attributes ?? {}).flatMap(([key, attribute]) => (attribute.computed ? [key] : []));
    const ours = Object.entries(schema.attributes).flatMap(([key, attribute]) => (attribute.computed ? [key] : []));
    expect(ours.filter((key) => !filledIn.includes(key)).sort()).toEqual(computed(block).sort());
  });
});

/** The fixture is without descriptions, an attribute of that name in a rule among them. */
function withoutDescription(type: CtyType): CtyType {
  if (typeof type === 'string') return type;
  const [kind, of] = type;
  if (kind !== 'object') return [kind, withoutDescription(of as CtyType)];
  return [kind, Object.fromEntries(Object.entries(of as Record<string, CtyType>).filter(([key]) => key !== 'description'))];
}
