import { expect, test } from 'vitest';
import { ephemeral, lasting, sensitiveAttributes, type Stack } from '../../src/plan/stack.js';

const stack: Stack = {
  terraform: { required_providers: {}, backend: {} },
  provider: {},
  variable: {
    key: { type: 'string', sensitive: true },
    secrets: { type: 'string', sensitive: true, ephemeral: true },
    origin: { type: 'string' },
  },
  resource: { a_thing: { x: { env: ['A=${var.key}'], name: 'x', origin: '${var.origin}', other: '${a_thing.y.key}' } } },
};

test('ephemeral variables are written to no file', () => {
  const variables = { key: 'k', secrets: 'hush', origin: 'o', unknown: 'u' };
  expect(lasting(stack, variables)).toEqual({ key: 'k', origin: 'o', unknown: 'u' });
  expect(ephemeral(stack, variables)).toEqual({ secrets: 'hush' });
});

test('an attribute is sensitive when it refers to a sensitive variable, directly', () => {
  expect(sensitiveAttributes(stack, 'a_thing.x')).toEqual(['env']);
  expect([sensitiveAttributes(stack, 'a_thing.constructor'), sensitiveAttributes(stack, 'b_thing.x')]).toEqual([[], []]);
});
