/** The error of a value that must be a mapping. */
export const mapping = { error: 'must be a mapping' };
