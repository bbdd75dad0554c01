import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { nameGrammar, namePattern } from './names.js';
import { readPullSecret } from './pull-secret.js';
import { durationPattern, toSeconds } from './units.js';
import type { PullSecret } from './worker-spec.js';

/** What the documentation says of a field. `examples[0]` is also what a remedy proposes. */
export interface About {
  description: string;
  examples?: unknown[];
}

export function required<T extends z.ZodType>(schema: T, about: About): T {
  return schema.meta({ ...about });
}

/** An optional field: absent and `null` both mean `fallback`. */
export function optional<T extends z.ZodType, D>(schema: T, fallback: D, about: About) {
  return schema
    .nullish()
    .transform((value) => (value ?? fallback) as NonNullable<z.output<T>> | D)
    .meta({ ...about, default: fallback });
}

/** An optional list, empty when absent. */
export function list<T extends z.ZodType>(item: T, about: About) {
  return optional(z.array(item, { error: 'must be a list' }), [] as z.output<T>[], about);
}

/** Sums of sizes stay exact, in bytes too, below this many MB. */
export const mostMegabytes = 1_000_000_000;

/** A whole number of a unit (`''`: a mere count), `min` … `max`. */
export function whole(unit: string, min: number, max = mostMegabytes) {
  const range = max === mostMegabytes ? `at least ${min}` : `from ${min} to ${max}`;
  const sized = (bound: string) => `must be ${bound} ${unit}`.trim();
  return z
    .int({ error: unit === '' ? 'must be a whole number' : `must be a whole number of ${unit}` })
    .min(min, { error: sized(range) })
    .max(max, { error: sized(max === mostMegabytes ? `at most ${max}` : range) });
}

export const flag = z.boolean({ error: 'must be true or false' });

const noNul = (text: string) => !text.includes('\0');
const nul = { error: 'must not contain a NUL character' };

/** A text that isn't empty. */
export const text = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' }).refine(noNul, nul);

/** A string; numbers and booleans are taken as they are spelled. */
const word = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be a string' })
  .transform((value) => String(value))
  .refine(noNul, nul);

const words = z.array(word, { error: 'must be a list of strings' }).min(1, { error: 'must not be an empty list' });

export const name = z.string({ error: nameGrammar }).regex(namePattern, { error: nameGrammar });

export const image = z
  .string({ error: 'must be the reference of an image' })
  .regex(/^[^\s-]\S*$/, { error: 'must be the reference of an image' });

/** A part of an image's tag. */
export const tag = z
  .string({ error: 'must be a string' })
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, { error: 'must be made of letters, digits, dots, hyphens and underscores' });

export const command = z
  .union([text, words], { error: 'must be a list of strings, or one string for a shell' })
  .transform((value) => (typeof value === 'string' ? ['sh', '-c', value] : value));

/** As the Engine API wants it: `CMD` or `CMD-SHELL` first. */
export const healthCommand = z
  .union([text, words], { error: 'must be a list of strings, or one string for a shell' })
  .transform((value) => {
    if (typeof value === 'string') return ['CMD-SHELL', value];
    return value[0] === 'CMD' || value[0] === 'CMD-SHELL' ? value : ['CMD', ...value];
  })
  .refine((value) => value.length > 1 && (value[0] === 'CMD' || value.length === 2), {
    error: 'must hold a command after CMD, and exactly one string after CMD-SHELL',
  });

const envName = 'must be a name of letters, digits, underscores, dots and dashes that starts with a letter or an underscore';

export const env = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/, { error: envName }), word, {
  error: 'must be a mapping of names to strings',
});

/** Seconds, `min` … a day; written as a number of seconds or with units. */
export function duration(min: number) {
  const error = 'must be a number of seconds or a duration such as 500ms, 5s or 1m';
  return z
    .union([z.number(), z.string().regex(durationPattern, { error })], { error })
    .transform(toSeconds)
    .refine((seconds) => seconds >= min && seconds <= 86_400, { error: `must be from ${min} to 86400 seconds` });
}

export const address = z
  .string({ error: 'must be an IP address' })
  .refine((value) => isIP(value) !== 0, { error: 'must be an IP address' });

const cidrError = 'must be a network such as 203.0.113.0/24';

/** As everybody writes it: with no bits beyond its length, IPv6 by RFC 5952. AWS tells networks so, and its provider refuses others. */
export const cidr = z.string({ error: cidrError }).superRefine((value, context) => {
  const network = networkOf(value);
  if (network === value) return;
  context.addIssue({ code: 'custom', message: network === null ? cidrError : `must be written as ${network}` });
});

function networkOf(value: string): string | null {
  if (!ipaddr.isValidCIDR(value)) return null;
  const [, length] = ipaddr.parseCIDR(value);
  const isV4 = ipaddr.IPv4.isValidCIDR(value);
  const network = isV4 ? ipaddr.IPv4.networkAddressFromCIDR(value).toString() : ipaddr.IPv6.networkAddressFromCIDR(value).toRFC5952String();
  return `${network}/${length}`;
}

/** A sum of money. */
export const amount = z.number({ error: 'must be an amount in US dollars' }).min(0, { error: 'must be at least 0' });

/** Absolute and without empty, `.` or `..` parts; a `/` at the end is dropped. `:` separates fields where mounts are listed. */
export const mountPoint = z
  .string({ error: 'must be an absolute path' })
  .regex(/^\/(?!\/)[^:\0]*$/, { error: 'must be an absolute path without ":"' })
  .refine(
    (path) =>
      path
        .slice(1)
        .replace(/\/$/, '')
        .split('/')
        .every((part) => !['', '.', '..'].includes(part)),
    {
      error: 'must be an absolute path below /, without empty, "." or ".." parts',
    },
  )
  .transform((path) => path.replace(/\/$/, ''));

export const pullSecret = z.string({ error: 'must be a string' }).transform((value, context): PullSecret | null => {
  const secret = readPullSecret(value);
  if (secret === undefined) context.addIssue({ code: 'custom', message: 'must be env:NAME, file:PATH or a JSON object in a string' });
  return secret === undefined || secret === 'none' ? null : secret;
});
