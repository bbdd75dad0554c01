import { refuse, type Refusal } from './refusal.js';

/**
 * Parses JSON that means one thing only: valid UTF-8, and no key twice in an object (readers differ in which of them counts).
 * @returns the value in a box, since a refusal is an object too
 */
export function parseStrictJson(bytes: Uint8Array): { value: unknown } | Refusal {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return countKeysWritten(text) === countKeys(value) ? { value } : refuse('the body has a key twice');
  } catch {
    return refuse('the body is not JSON');
  }
}

/** In valid JSON a quote outside of a string begins one, and a string before a colon is a key. */
function countKeysWritten(json: string): number {
  return [...json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?/g)].filter(([, colon]) => colon !== undefined).length;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inner = Object.values(value).reduce((sum: number, member: unknown) => sum + countKeys(member), 0);
  return inner + (Array.isArray(value) ? 0 : Object.keys(value).length);
}
