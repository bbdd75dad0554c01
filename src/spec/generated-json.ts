/** Spaces that programs indent JSON with. */
const indents = [undefined, 2, 4];

/**
 * The value of a text that is, byte for byte, as `JSON.stringify` writes its value: no key stands twice in it and no number is
 * spelled in another way, which a parser of positions would have to tell. `undefined` for any other text.
 */
export function generatedJson(text: string): unknown {
  // A validator would leave out a key `__proto__` without a word; readers of positions refuse it.
  if (!/^[{]/.test(text) || text.includes('__proto__')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const trimmed = text.trimEnd();
    return indents.some((indent) => JSON.stringify(value, null, indent) === trimmed) ? value : undefined;
  } catch {
    return undefined;
  }
}
