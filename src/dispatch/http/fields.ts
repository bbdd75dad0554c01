import * as z from 'zod';

/** No system takes a NUL in arguments, variables or paths. */
export const text = z.string().regex(/^[^\0]*$/, 'must have no NUL');

/** The name of a variable of the environment. */
export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and underscores');

/** Most bytes of a command: a page of tasks has 500 of them. */
const most = 65_536;

/** The words of a command. @param word one of them */
export function commandWords(word: z.ZodString, { least = 1 } = {}) {
  return z
    .array(word)
    .min(least)
    .max(1000)
    .refine((words) => words.reduce((bytes, one) => bytes + Buffer.byteLength(one), 0) <= most, 'has more than 64 KB');
}
