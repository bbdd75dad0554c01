import { MayflyError } from '../../errors.js';

/**
 * Parses the JSON text of a request's body. A key that an object has twice is refused: JSON.parse would take the last value, and a program
 * before this one may have checked the first.
 *
 * @throws MayflyError `spec_unreadable`
 */
export function parseBody(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which may hold secrets.
    throw unreadable('is not JSON', 'send a JSON object');
  }
  const kept = countsOf(keysIn(value));
  const twice = [...countsOf(keysOfText(text))].find(([key, count]) => count !== (kept.get(key) ?? 0));
  if (twice) throw unreadable(`has the key ${JSON.stringify(twice[0].slice(0, 60))} twice in one object`, 'remove one of the two');
  return value;
}

/** The keys of all objects in a valid JSON text. A key is a string before a colon. */
function keysOfText(text: string): string[] {
  const keys: string[] = [];
  const colon = /\s*:/y;
  for (let start = text.indexOf('"'), end; start >= 0; start = text.indexOf('"', end)) {
    end = endOfString(text, start);
    colon.lastIndex = end;
    if (colon.test(text)) keys.push(JSON.parse(text.slice(start, end)) as string);
  }
  return keys;
}

/** The index after the quote that ends the string. A quote after an odd number of backslashes is part of it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
}

/** The keys of all objects in a value. Without recursion, because the value may be nested deeply. */
function keysIn(value: unknown): string[] {
  const keys: string[] = [];
  const open = [value];
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== 'object' || one === null) continue;
    for (const [key, item] of Object.entries(one)) {
      if (!Array.isArray(one)) keys.push(key);
      open.push(item);
    }
  }
  return keys;
}

function countsOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function unreadable(cause: string, remedy: string): MayflyError {
  return new MayflyError('spec_unreadable', { place: { path: 'body' }, cause, remedy });
}
