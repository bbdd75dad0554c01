import { describe, expect, test } from 'vitest';
import { containerSchema, volumeSchema } from '../../../src/backends/docker/resources/schemas.js';
import { ctyType } from '../../../src/plan/outputs.js';
import { type BlockDoc, type CtyType, resourceDoc, typeOf } from '../../support/provider-schema.js';

/** Written into no stack, so that what is in them matters to nobody. */
const unused = [
  'capabilities',
  'device_read_bps',
  'device_read_iops',
  'device_requests',
  'device_write_bps',
  'device_write_iops',
  'devices',
  'mounts',
  'networks_advanced',
  'timeouts',
  'ulimit',
  'upload',
];

/** Not computed by the published schema, but the provider's code lets an image's own pass where nothing is configured. */
const ofTheImage = ['user', 'working_dir'];

describe.each([containerSchema, volumeSchema])("$type is the provider's", (schema) => {
  const { version, block } = resourceDoc(schema.type);
  const [, documented] = typeOf(block) as [string, Record<string, CtyType>];

  test('version and names', () => {
    expect(schema.version).toBe(version);
    expect(Object.keys(schema.attributes).sort()).toEqual(Object.keys(documented).sort());
  });

  test('types', () => {
    const known = Object.entries(schema.attributes).filter(([key]) => !unused.includes(key) && key !== 'cluster');
    const ours = Object.fromEntries(known.map(([key, { type }]) => [key, ctyType(type)]));
    expect(ours).toEqual(Object.fromEntries(known.map(([key]) => [key, documented[key]])));
  });

  test('what the backend fills in', () => {
    const computed = (doc: BlockDoc) =>
      Object.entries(doc.attributes ?? {}).flatMap(([key, attribute]) => (attribute.computed ? [key] : []));
    const ours = Object.entries(schema.attributes).flatMap(([key, attribute]) => (attribute.computed ? [key] : []));
    const plain = ours.filter((key) => !(key in (block.block_types ?? {})));
    expect(plain.filter((key) => !ofTheImage.includes(key)).sort()).toEqual(computed(block).sort());
  });
});

test.each([
  ['stop_signal', ['', 'SIGTERM', 'TERM', '15'], '15'],
  ['stop_signal', ['SIGINT', '2'], '2'],
  ['working_dir', ['', '/', null], '/'],
  ['working_dir', ['/srv', '/srv/'], '/srv'],
])('%s: %j mean the same', (attribute, spellings, meaning) => {
  const means = containerSchema.attributes[attribute]!.meaning!;
  expect(spellings.map(means)).toEqual(spellings.map(() => meaning));
});
