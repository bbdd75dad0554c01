import { describe, expect, test } from 'vitest';
import { withoutComputed, withoutIgnored, withoutUnknown } from '../../src/apply/refresh.js';
import { buildGraph } from '../../src/plan/graph.js';
import type { AttributeChange, Drift } from '../../src/plan/plan.js';
import type { ResourceSchema, Value } from '../../src/plan/resource-schema.js';
import { unknown } from '../../src/plan/values.js';

const schema: ResourceSchema = {
  type: 'a_thing',
  version: 0,
  provider: 'p',
  attributes: {
    id: { type: 'string', computed: true },
    image: { type: 'string' },
    arn: { type: 'string', computed: true },
    network_data: { type: { list: 'string' }, computed: true, volatile: true },
  },
};

function drifted(path: string, before: Value): Drift {
  const attribute: AttributeChange = { path, before, after: 'b', replaces: false, secret: false };
  return { address: 'a_thing.x', kind: 'changed', attributes: [attribute] };
}

const paths = ({ attributes }: Drift) => attributes.map(({ path }) => path);

describe('drift that counts', () => {
  test.each<[string, string, Value, string[]]>([
    ['an attribute that somebody configured', 'image', 'a', ['image']],
    ['one that was empty', 'image', null, ['image']],
    ['one that the backend decided, and decides otherwise now', 'arn', 'a', ['arn']],
  ])('%s', (_, path, before, left) => {
    expect(paths(withoutComputed(drifted(path, before), schema))).toEqual(left);
  });
});

describe('drift that does not count', () => {
  test.each<[string, string, Value]>([
    ['an id', 'id', 'a'],
    ['an attribute that the backend fills in for the first time', 'arn', null],
    ['an empty one that the backend fills in', 'arn', ''],
    ['the network of another life', 'network_data', ['a']],
  ])('%s', (_, path, before) => {
    expect(paths(withoutComputed(drifted(path, before), schema))).toEqual([]);
  });

  test('what the stack leaves to others, and nothing else', () => {
    const resource = { a_thing: { x: { image: 'a', lifecycle: { ignore_changes: ['image'] } } } };
    const graph = buildGraph({ terraform: { required_providers: {}, backend: {} }, provider: {}, resource });
    expect([paths(withoutIgnored(drifted('image', 'a'), graph)), paths(withoutIgnored(drifted('arn', 'a'), graph))]).toEqual([[], ['arn']]);
  });
});

test('an attribute that is not known yet is none', () => {
  expect(withoutUnknown({ a: unknown, b: 'b', c: null })).toEqual({ a: null, b: 'b', c: null });
});
