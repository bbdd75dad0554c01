import type { Resources } from './worker-spec.js';

/** Largest value of a resource: millicores or MB. */
const most = 10 ** 12;

/** Resources as a label's value that every backend accepts: `cpu=500 memory=512 storage=0`. Millicores, MB, MB. */
export function formatAsks({ cpu, memory, storage }: Resources): string {
  return `cpu=${cpu} memory=${memory} storage=${storage}`;
}

/** Parses the text of `formatAsks`; `null` where it is malformed. */
export function parseAsks(text: string): Resources | null {
  const found = /^cpu=(\d{1,13}) memory=(\d{1,13}) storage=(\d{1,13})$/.exec(text);
  if (!found) return null;
  const [cpu, memory, storage] = found.slice(1).map(Number) as [number, number, number];
  return Math.max(cpu, memory, storage) > most ? null : { cpu, memory, storage };
}
