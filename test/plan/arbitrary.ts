import fc from 'fast-check';
import { containerSchema } from '../../src/backends/docker/resources/schemas.js';
import type { Attributes, Value, ValueType } from '../../src/plan/resource-schema.js';

/** Any value of a type, as somebody may configure it. */
export function valueOf(type: ValueType): fc.Arbitrary<Value> {
  if (type === 'string') return fc.string({ maxLength: 6 });
  if (type === 'number') return fc.integer({ min: 0, max: 1000 });
  if (type === 'bool') return fc.boolean();
  if ('list' in type) return fc.array(valueOf(type.list), { maxLength: 3 });
  if ('set' in type) return fc.array(valueOf(type.set), { maxLength: 3 });
  if ('map' in type) return fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), valueOf(type.map), { maxKeys: 3 });
  return fc.record(Object.fromEntries(Object.entries(type.object).map(([key, member]) => [key, valueOf(member)])));
}

/** Any configuration of a container: some attributes, others left out. */
export const configuration = fc.record(
  Object.fromEntries(
    Object.entries(containerSchema.attributes)
      .filter(([key]) => !['id', 'bridge', 'container_logs', 'exit_code', 'network_data', 'timeouts'].includes(key))
      .map(([key, { type }]) => [key, valueOf(type)]),
  ),
  { requiredKeys: [] },
) as fc.Arbitrary<Attributes>;
