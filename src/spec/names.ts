/**
 * The grammar of every name in a spec, the worker's included. Names become parts of paths and of objects' names on a backend, so dots
 * and slashes are not allowed.
 */
export const namePattern = /^[a-z][a-z0-9-]{0,30}$/;
export const nameGrammar = 'must be a lower-case letter followed by at most 30 lower-case letters, digits and hyphens';

export function isName(text: string): boolean {
  return namePattern.test(text);
}

/** A valid name that looks like the given one. */
export function slug(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 31)
    .replace(/-+$/, '');
  return plain === '' ? 'my-worker' : plain;
}
