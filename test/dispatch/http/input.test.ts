import { expect, test } from 'vitest';
import * as z from 'zod';
import { parseInput } from '../../../src/dispatch/http/input.js';
import { MayflyError } from '../../../src/errors.js';

const schema = z.strictObject({
  name: z.string().min(2).max(4),
  count: z.int().min(1).optional(),
  ratio: z.number().gt(0).optional(),
  kind: z.enum(['a', 'b']).optional(),
  only: z.literal('x').optional(),
  parts: z.array(z.string()).max(1).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  held: z.boolean().optional(),
  own: z.string().regex(/^x/, 'must begin with x').optional(),
  either: z.union([z.string(), z.number()]).optional(),
});

test.for([
  [{}, 'name', 'is required'],
  [{ name: 1 }, 'name', 'must be a text'],
  [{ name: 'a' }, 'name', 'must have at least 2 characters'],
  [{ name: 'abcde' }, 'name', 'must have at most 4 characters'],
  [{ name: 'ab', count: 1.5 }, 'count', 'must be a whole number'],
  [{ name: 'ab', count: 0 }, 'count', 'must be at least 1'],
  [{ name: 'ab', ratio: 0 }, 'ratio', 'must be more than 0'],
  [{ name: 'ab', kind: 'c' }, 'kind', 'must be one of a, b'],
  [{ name: 'ab', only: 'y' }, 'only', 'must be x'],
  [{ name: 'ab', parts: 'a' }, 'parts', 'must be a list'],
  [{ name: 'ab', parts: ['a', 'b'] }, 'parts', 'must have at most 1 entry'],
  [{ name: 'ab', labels: [] }, 'labels', 'must be an object'],
  [{ name: 'ab', held: 'yes' }, 'held', 'must be true or false'],
  [{ name: 'ab', own: 'y' }, 'own', 'must begin with x'],
  [{ name: 'ab', either: true }, 'either', 'has none of the allowed forms'],
  [{ name: 'ab', nmae: 1 }, null, 'has the unknown key "nmae"'],
] as const)('%j', ([input, key, cause]) => {
  const error = (() => {
    try {
      return parseInput(schema, input, 'body');
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(MayflyError);
  expect((error as MayflyError).problems).toEqual([{ place: { path: key === null ? 'body' : `body.${key}` }, cause }]);
});
