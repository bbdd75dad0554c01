import * as z from 'zod';

/** No system takes a NUL in arguments, variables or paths. */
export const text = z.string().regex(/^[^\0]*$/, 'must have no NUL');

/** The name of a variable of the environment. */
export const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be letters, digits and underscores');
