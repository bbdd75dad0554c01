import { refuse, type Refusal } from './refusal.js';

/**
 * Parses unambiguous JSON: valid UTF-8, and no repeated key in an object (readers differ in which value counts).
 * @returns the value inside an object, to distinguish it from a refusal
 */
export function parseStrictJson(bytes: Uint8Array): { value: unknown } | Refusal {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return countKeysWritten(text) === countKeys(value) ? { value } : refuse('the body repeats a key');
  } catch {
    return refuse('the body is not JSON');
  }
}

/** Counts keys in a JSON text. A quote outside of a string begins a string, and a string before a colon is a key. */
function countKeysWritten(json: string): number {
  return [...json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, member: unknown) => sum + countKeys(member), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
