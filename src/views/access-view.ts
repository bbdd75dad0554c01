import { type Output, publishedPorts } from '../plan/outputs.js';
import { hostAndPort } from '../spec/published-ports.js';
import { duration, moment, table } from './format.js';
import type { Paint } from './paint.js';

interface Access {
  addresses: string[];
  port: number | null;
  disable_tls: boolean;
}

/** The way to reach a worker, without its keys. `ends` and `now` in milliseconds since the epoch. `keys`: where the keys are. */
export function humanAccess(
  worker: string,
  outputs: Record<string, Output>,
  ends: number,
  now: number,
  paint: Paint,
  keys = `mayfly output ${worker} --json`,
): string {
  const access = outputs['access']?.value as unknown as Access | undefined;
  const reached =
    access?.port != null
      ? access.addresses.map((address) => hostAndPort(address, access.port!)).join(', ')
      : 'not published (its engine has no port)';
  const rows = [
    ['worker', worker],
    ['access', reached],
    ...Object.entries(publishedPorts(outputs)).map(([name, address]) => [`port ${name}`, address]),
    ...(access ? [['keys', `(secret; ${keys})`]] : []),
    ['ends', `${moment(ends, now)} (in ${duration((ends - now) / 1000)})`],
  ];
  const width = Math.max(8, ...rows.map(([key]) => key!.length));
  return rows.map(([key, value]) => `  ${paint.dim(key!.padEnd(width))} ${value}`).join('\n');
}

/** An output for a terminal. Of a secret one, only the parts that are no secret are shown. */
export function humanOutput(name: string, { value, sensitive }: Output): string {
  if (!sensitive) return `${name} = ${JSON.stringify(value)}`;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return `${name} = (secret; give --json)`;
  const rows = Object.entries(value).map(([key, part]) => [`  ${key}`, open.has(key) ? JSON.stringify(part) : '(secret; give --json)']);
  return [name, table(rows)].join('\n');
}

/** The parts of an access that are no secret. */
const open = new Set(['addresses', 'port', 'disable_tls']);

/** One part of an output, such as `ports.db`, for a shell: a text as it is. A secret part is not shown. */
export function humanPart({ value, sensitive }: Output, key: string): string {
  if (sensitive && !open.has(key)) return '(secret; give --json)';
  const part = (value as Record<string, unknown>)[key];
  return typeof part === 'string' ? part : JSON.stringify(part);
}

/** A worker's access without its keys; `null` where it has none. */
export function openAccess(outputs: Record<string, Output>): Record<string, unknown> | null {
  const access = outputs['access']?.value;
  if (access === null || typeof access !== 'object') return null;
  return Object.fromEntries(Object.entries(access).filter(([key]) => open.has(key)));
}
