import { placeholder, type SpecSecrets } from './secrets.js';

/** Shorter values are words such as `true` or `debug`: a text without them would be of no use. */
const shortest = 6;

/**
 * Returns a function that replaces secrets in all texts of a JSON value, such as an error or a report. Programs print their environment and
 * their files, so the last lines of a container can hold them.
 */
export function redactor(secrets: SpecSecrets): <T>(value: T) => T {
  const texts = Object.entries(secrets)
    .flatMap(([pointer, value]) => textsIn(pointer, value))
    .map((text) => text.trim())
    .filter(({ length }) => length >= shortest)
    // A secret may be a part of another one.
    .toSorted((a, b) => b.length - a.length);
  if (texts.length === 0) return (value) => value;
  const pattern = new RegExp(texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(pattern, placeholder);
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, replaced(one)]));
  };
  return <T>(value: T) => replaced(value) as T;
}

/** The forms in which a program may print a secret: reports hold single lines. */
function textsIn(pointer: string, value: string): string[] {
  if (pointer.endsWith('/pull_secret/json')) return stringsIn(JSON.parse(value));
  const text = /\/files\/\d+\/content$/.test(pointer) ? Buffer.from(value, 'base64').toString() : value;
  return text.split('\n');
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
