import type { Path } from '../../spec/path.js';
import type { Fault } from './row.js';

/** Bytes of a spec as JSON: as many as of a spec file. */
const mostBytes = 1_048_576;
const mostLevels = 16;
/** A spec needs dozens. Reading many more would keep the service from other requests. */
const mostValues = 3000;
const longestKey = 256;

/** Keys that lead to the prototype of an object in JavaScript. */
const prototypeKeys = ['__proto__', 'constructor', 'prototype'];

/** One half of a character of two UTF-16 units. */
const halfCharacter = /\p{Cs}/u;

export type PlacedFault = Omit<Fault, 'at'> & { path: Path };

/** Faults because of which a value cannot be read further: depth, size, keys and values that JSON or JavaScript treat in a special way. */
export function shapeFaults(value: unknown): PlacedFault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path: [], cause: 'must be a JSON object', remedy: 'send a spec: {"max_duration": 600, "engine": {"image": "alpine:3.20"}}' }];
  if (hasMoreValues(value, mostValues)) return [{ path: [], cause: `has more than ${mostValues} values`, remedy: 'write fewer' }];
  const faults = [...walk(value, [])];
  if (faults.length > 0 || Buffer.byteLength(JSON.stringify(value)) <= mostBytes) return faults;
  return [{ path: [], cause: 'is larger than 1 MB', remedy: 'build large files into an image' }];
}

function* walk(value: unknown, path: Path): Generator<PlacedFault> {
  const fault = ownFault(value, path.length);
  if (fault) {
    yield { path, ...fault };
    return;
  }
  if (Array.isArray(value)) for (const [index, item] of value.entries()) yield* walk(item, [...path, index]);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const wrong = keyFault(key);
      // A key may be long, and may hold a secret.
      if (wrong) yield { path, ...wrong };
      else yield* walk(item, [...path, key]);
    }
  }
}

function ownFault(value: unknown, level: number): Fault | null {
  if (typeof value === 'string' && halfCharacter.test(value)) return { cause: 'is not valid Unicode', remedy: 'write whole characters' };
  // JSON.parse reads 1e400 as Infinity, which JSON cannot write: it would become null, and null means absent.
  if (typeof value === 'number' && !Number.isFinite(value)) return { cause: 'is too large a number', remedy: 'write a smaller number' };
  if (typeof value !== 'object' || value === null) return null;
  return level > mostLevels ? { cause: `is nested deeper than ${mostLevels} levels`, remedy: 'remove levels' } : null;
}

/** Whether a value has more values in it. Without recursion, because it may be nested deeply. */
function hasMoreValues(value: unknown, most: number): boolean {
  const open = [value];
  for (let read = 0; open.length > 0; read += 1) {
    const one = open.pop();
    if (typeof one === 'object' && one !== null) for (const item of Object.values(one)) open.push(item);
    if (read + open.length > most) return true;
  }
  return false;
}

function keyFault(key: string): Fault | null {
  if (prototypeKeys.includes(key)) return { cause: `has the key ${key}, which is not allowed`, remedy: 'remove it' };
  if (key.length > longestKey) return { cause: `has a key of more than ${longestKey} characters`, remedy: 'shorten it' };
  return halfCharacter.test(key) ? { cause: 'has a key that is not valid Unicode', remedy: 'write whole characters' } : null;
}
