import { labelKeys } from '../../src/labels.js';

interface Labelled {
  Labels: Record<string, string> | null;
}

/** A daemon's list of containers or volumes without those of other workers and caches; every other reply as it is. */
export function scopeList(path: string, body: Buffer, shows: (worker: string) => boolean): Buffer {
  const { pathname } = new URL(path, 'http://docker');
  const own = ({ Labels }: Labelled) => {
    const owner = Labels?.[labelKeys.worker] ?? Labels?.[labelKeys.cache];
    return owner === undefined || shows(owner);
  };
  if (/\/containers\/json$/.test(pathname)) return reparse<Labelled[]>(body, (list) => list.filter(own));
  if (!/\/volumes$/.test(pathname)) return body;
  return reparse<{ Volumes: Labelled[] | null }>(body, (list) => ({ ...list, Volumes: list.Volumes?.filter(own) ?? null }));
}

/** A refusal has another shape and stays. */
function reparse<T>(body: Buffer, change: (value: T) => T): Buffer {
  const value = JSON.parse(body.toString()) as T;
  const refusal = value !== null && typeof value === 'object' && 'message' in value;
  return refusal ? body : Buffer.from(JSON.stringify(change(value)));
}
