import type * as z from 'zod';
import { MayflyError } from '../../errors.js';

/** Checks a part of a request. @throws MayflyError `usage` with all problems */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, where: string): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => ({ place: { path: [where, ...path].join('.') }, cause: message }));
  throw new MayflyError('usage', { cause: problems[0]?.cause ?? 'is invalid', remedy: 'see /v1/openapi.json', problems });
}
