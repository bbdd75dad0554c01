import type * as z from 'zod';
import { MayflyError } from '../../errors.js';

/** Checks a part of a request. @throws MayflyError `usage` with all problems */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, where: string): T {
  const parsed = schema.safeParse(input, { error: sentenceOf });
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ place: { path: [where, ...path].join('.') }, cause: message }));
  throw new MayflyError('usage', { cause: problems[0]?.cause ?? 'is invalid', remedy: 'see /v1/openapi.json', problems });
}

/** The problem as a sentence that its place begins. A schema's own sentence comes before it; `undefined`: zod's. */
function sentenceOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required' : `must be ${kinds[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'unrecognized_keys':
      return `has the unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.map((key) => JSON.stringify(key.slice(0, 60))).join(', ')}`;
    case 'too_small':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'more than' : 'at least', Number(issue.minimum))}`;
    case 'too_big':
      return `must ${bound(issue.origin, issue.inclusive === false ? 'less than' : 'at most', Number(issue.maximum))}`;
    case 'invalid_union':
      return 'has none of the allowed forms';
    default:
      return undefined;
  }
}

const kinds: Readonly<Record<string, string>> = {
  ...{ string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false' },
  ...{ array: 'a list', object: 'an object', record: 'an object', null: 'null' },
};

function bound(origin: string, comparison: string, limit: number): string {
  const unit = Object.hasOwn(units, origin) ? units[origin]! : null;
  return unit === null ? `be ${comparison} ${limit}` : `have ${comparison} ${limit} ${limit === 1 ? unit.one : unit.many}`;
}

const entries = { one: 'entry', many: 'entries' };
const units: Readonly<Record<string, { one: string; many: string }>> = {
  ...{ string: { one: 'character', many: 'characters' }, array: entries, record: entries, object: entries },
};
