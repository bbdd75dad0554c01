import { describe, expect, test } from 'vitest';
import { schemas } from '../../../src/backends/aws/resources/schemas.js';
import { type Existing, planChanges } from '../../../src/plan/changes.js';
import { buildGraph } from '../../../src/plan/graph.js';
import { recorded, recordedNames } from './recorded.js';

const schemaOf = (type: string) => Object.values(schemas).find((schema) => schema.type === type)!;

describe.each(recordedNames)('what the real provider left of %s', (name) => {
  const { stack, state, variables } = recorded(name);
  const existing = new Map(
    [...state.records].map(([address, record]): [string, Existing] => [address, { ...record, id: String(record.attributes['id']) }]),
  );

  test('is as the stack wants it', () => {
    const changes = planChanges({ graph: buildGraph(stack), variables, schemas: schemaOf, existing });
    expect(changes.flatMap(({ action, address, attributes }) => (action === 'none' ? [] : [[action, address, attributes]]))).toEqual([]);
  });
});
