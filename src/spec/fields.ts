import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { variableName, variableNameRule } from './env-file.js';
import { nameGrammar, namePattern } from './names.js';
import { readPullSecret } from './pull-secret.js';
import { amountOf, durationPattern, spellings, toSeconds, type Unit } from './units.js';
import type { PullSecret } from './worker-spec.js';

/** Documentation of a field. Remedies propose `examples[0]`. */
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

/** The largest size, in MB. Sums of such sizes stay exact, also in bytes. */
export const maxMegabytes = 1_000_000_000;

/** A whole number from `min` to `max`, in `unit` (`''`: a count). */
export function whole(unit: string, min: number, max = maxMegabytes) {
  const range = max === maxMegabytes ? `at least ${min}` : `from ${min} to ${max}`;
  const sized = (bound: string) => `must be ${bound} ${unit}`.trim();
  return z
    .int({ error: unit === '' ? 'must be a whole number' : `must be a whole number of ${unit}` })
    .min(min, { error: sized(range) })
    .max(max, { error: sized(max === maxMegabytes ? `at most ${max}` : range) });
}

/** An amount: a whole number from `min` to `max` in `unit`, or a text with a unit, such as `1Gi`, `500m` or `15m`. */
export function amount(unit: Unit, min: number, max = maxMegabytes) {
  const number = whole(unit, min, max);
  const error = `must be a whole number of ${unit}`;
  const spelled = z
    .string({ error })
    .regex(spellings[unit], { error })
    .transform((text) => amountOf(text, unit))
    .pipe(number);
  return z.union([number, spelled], {
    error: ({ input, errors }) => (typeof input === 'string' ? errors[1] : errors[0])?.[0]?.message ?? error,
  });
}

export const flag = z.boolean({ error: 'must be true or false' });

const noNul = (text: string) => !text.includes('\0');
const nul = { error: 'must not contain a NUL character' };

/** A text that is not empty. */
export const text = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' }).refine(noNul, nul);

/** A string. Numbers and booleans become strings, as they are spelled. */
const word = z
  .union([z.string(), z.number(), z.boolean()], { error: 'must be a string' })
  .transform((value) => String(value))
  .refine(noNul, nul);

const words = z.array(word, { error: 'must be a list of strings' }).min(1, { error: 'must not be an empty list' });

/** One path or several, as a list. */
export const paths = z
  .union([text, z.array(text).min(1, { error: 'must not be an empty list' })], { error: 'must be a path, or a list of paths' })
  .transform((value) => (typeof value === 'string' ? [value] : value));

export const name = z.string({ error: nameGrammar }).regex(namePattern, { error: nameGrammar });

export const image = z.string({ error: 'must be an image reference' }).regex(/^[^\s-]\S*$/, { error: 'must be an image reference' });

/** A part of an image's tag. */
export const tag = z
  .string({ error: 'must be a string' })
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/, { error: 'must be made of letters, digits, dots, hyphens and underscores' });

export const command = z
  .union([text, words], { error: 'must be a list of strings, or one string for a shell' })
  .transform((value) => (typeof value === 'string' ? ['sh', '-c', value] : value));

const userForm = 'must be a user, or a user and a group, such as postgres, 1000 or 1000:1000';

/**
 * An entrypoint. As in docker compose, a string is split into words at spaces; a list is taken as it is. Quotes need a shell's rules, so a
 * string with quotes is refused.
 */
export const entrypoint = z
  .union([text.regex(/^[^'"\\]*[^'"\\\s][^'"\\]*$/, { error: 'must be a list where a word has quotes, backslashes or spaces' }), words], {
    error: 'must be a list of strings, or one string that is split at spaces',
  })
  .transform((value) => (typeof value === 'string' ? value.trim().split(/\s+/) : value));

const modeForm = 'must be three octal digits, such as 0644 or 0600';

/** The permissions of a file, as `0644`. */
export const fileMode = z
  .union([z.string(), z.int().min(0)], { error: modeForm })
  .transform((value) => /^(?:0o?)?([0-7]{3})$/.exec(String(value))?.[1])
  .refine((digits) => digits !== undefined, { error: modeForm })
  .transform((digits) => `0${digits}`);

const ownerForm = 'must be the number of a user, or those of a user and a group, such as 999 or 999:999';

/** The owner of a file, as `999:999`. */
export const numericOwner = z
  .union([z.string(), z.int().min(0)], { error: ownerForm })
  .transform((value) => /^(\d{1,9})(?::(\d{1,9}))?$/.exec(String(value)))
  .refine((parts) => parts !== null, { error: ownerForm })
  .transform((parts) => `${Number(parts[1])}:${Number(parts[2] ?? parts[1])}`);

/** A user, and optionally a group: names or numbers. */
export const user = z
  .union([z.string(), z.int().min(0)], { error: userForm })
  .transform((value) => String(value))
  .refine((value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/.test(value), { error: userForm });

/** A health command in the form of the Engine API: `CMD` or `CMD-SHELL` first. */
export const healthCommand = z
  .union([text, words], { error: 'must be a list of strings, or one string for a shell' })
  .transform((value) => {
    if (typeof value === 'string') return ['CMD-SHELL', value];
    return value[0] === 'CMD' || value[0] === 'CMD-SHELL' ? value : ['CMD', ...value];
  })
  .refine((value) => value.length > 1 && (value[0] === 'CMD' || value.length === 2), {
    error: 'must hold a command after CMD, and exactly one string after CMD-SHELL',
  });

export const env = z.record(z.string().regex(variableName, { error: variableNameRule }), word, {
  error: 'must be a mapping of names to strings',
});

/** Seconds from `min` to one day, written as a number of seconds or with units. */
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

/** A network in canonical form: no bits set beyond the prefix, IPv6 as in RFC 5952. AWS returns this form; its provider refuses others. */
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

/** US dollars. */
export const dollars = z.number({ error: 'must be an amount in US dollars' }).min(0, { error: 'must be at least 0' });

function isPlain(path: string): boolean {
  return path
    .slice(1)
    .replace(/\/$/, '')
    .split('/')
    .every((part) => !['', '.', '..'].includes(part));
}

/** `/`, or an absolute path without empty, `.` or `..` parts; a `/` at the end is dropped. */
export const absolutePath = z
  .string({ error: 'must be an absolute path' })
  .regex(/^\/[^\0]*$/, { error: 'must be an absolute path' })
  .refine((path) => path === '/' || isPlain(path), { error: 'must be an absolute path without empty, "." or ".." parts' })
  .transform((path) => path.replace(/(.)\/$/, '$1'));

/**
 * An absolute path without empty, `.` or `..` parts; a `/` at the end is dropped. `:` is refused, because it separates the fields of a
 * mount in the backends' lists of mounts.
 */
export const mountPoint = z
  .string({ error: 'must be an absolute path' })
  .regex(/^\/(?!\/)[^:\0]*$/, { error: 'must be an absolute path without ":"' })
  .refine(isPlain, { error: 'must be an absolute path below /, without empty, "." or ".." parts' })
  .transform((path) => path.replace(/\/$/, ''));

export const pullSecret = z.string({ error: 'must be a string' }).transform((value, context): PullSecret | null => {
  const secret = readPullSecret(value);
  if (secret === undefined) context.addIssue({ code: 'custom', message: 'must be env:NAME, file:PATH or a JSON object in a string' });
  return secret === undefined || secret === 'none' ? null : secret;
});
