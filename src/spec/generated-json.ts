/** Usual indentations of JSON, in spaces. */
const indents = [undefined, 2, 4];

/**
 * Parses a JSON object's text if `JSON.stringify` would write the same text, byte for byte; `undefined` for any other text. Such a
 * text repeats no key and spells no number in another way, so it needs no parser that records positions.
 */
export function generatedJson(text: string): unknown {
  // zod would drop a key `__proto__` silently; the parser that records positions refuses it.
  if (!/^[{]/.test(text) || text.includes('__proto__')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const trimmed = text.trimEnd();
    return indents.some((indent) => JSON.stringify(value, null, indent) === trimmed) ? value : undefined;
  } catch {
    return undefined;
  }
}
