import { type Labels, labelKeys } from '../../labels.js';
import { isName } from '../../spec/names.js';
import { isOrigin } from '../../spec/origin.js';
import { isIdentityName } from '../../state/process-identity.js';
import { partsOf } from '../../spec/address.js';
import { type BirthLabels, birthLabels, parseBirth } from './birth-labels.js';

/**
 * The parsed labels of an object of ours. Labels are untrusted input: Docker copies an image's labels to its containers, and anybody may
 * label an object. An object whose labels parse to `null` is not ours.
 */
export interface OwnLabels extends BirthLabels {
  /** A valid worker name. */
  worker: string;
  /** The resource's address in its stack, `docker_container.engine`; empty for other objects: a lease, remains. */
  address: string;
  /** Seconds from the worker's birth to its end without a lease. Absent only on a lease. */
  lifetime?: number;
  /** The limit of all leases, in seconds from the worker's birth. Absent on objects of older versions. */
  maxLifetime?: number;
  /** The size in MB that the keeper watches. */
  storage?: number;
  /** The container is meant to end. */
  once?: true;
  /** The place of the engine's socket, after the backend has checked that it is mounted there. */
  exec?: string;
  /** The origin of an engine's spec, or of an adopted worker's; empty: no file. Absent on objects of older versions. */
  origin?: string;
  /** The process that `run` made the worker for: its `identityName`. Absent for other workers. */
  runner?: string;
}

/** The labels that only a lease has. */
export interface LeaseLabels {
  /** Seconds since the epoch. */
  ends: number;
  /** The `max_duration` of the spec, in seconds. */
  maxDuration?: number;
  /** The worker's containers, without its engine, when it became ready. Absent on leases of older versions, and where the backend reports them. */
  containers?: string[];
  /** Codes of the containers that have the copies of their spec. Absent like `containers`. */
  copied?: string[];
  /** The worker is kept with its containers stopped, after its `run` has failed. */
  retained?: true;
  /** Seconds for which the worker is kept, stopped, after its engine has failed. Absent: it ends then. */
  retain?: number;
}

/** The values in a lease's labels, apart from its worker and its end. Durations in seconds. */
export interface LeaseTerms extends Pick<BirthLabels, 'until' | 'dispatcher' | 'name'> {
  lifetime?: number;
  maxLifetime?: number;
  maxDuration?: number;
  containers?: string[];
  copied?: string[];
  retained?: true;
  retain?: number;
  /** The origin of the spec that the worker was made from or adopted for. */
  origin?: string;
}

const month = 2_592_000;

/** Inclusive bounds. A lifetime has two parts of at most a month each; the last printable date is in the year 9999. */
const mostLifetime = 2 * month;
const lastSecond = 253_402_300_799;
const mostMegabytes = 10 ** 12;

const addressPattern = /^[a-z][a-z0-9_]{0,60}\.[a-z][a-z0-9_-]{0,60}$/;

/** Parses a resource's labels; `null` where worker, address or lifetime is missing or malformed. Other malformed labels count as absent. */
export function parseResource(labels: Labels | null | undefined): OwnLabels | null {
  const address = labels?.[labelKeys.address];
  const own = parseLoose(labels);
  return address !== undefined && addressPattern.test(address) && own?.lifetime !== undefined ? { ...own, address } : null;
}

/** Parses the labels of an object without an address; `null` where they name no worker. */
export function parseLoose(labels: Labels | null | undefined): OwnLabels | null {
  const worker = labels?.[labelKeys.worker];
  if (worker === undefined || !isName(worker)) return null;
  return {
    worker,
    address: '',
    ...optional('lifetime', numberIn(labels, labelKeys.lifetime, mostLifetime)),
    ...optional('maxLifetime', numberIn(labels, labelKeys.maxLifetime, lastSecond)),
    ...optional('storage', numberIn(labels, labelKeys.storage, mostMegabytes)),
    ...(isOnce(labels) && { once: true as const }),
    ...optional('origin', originIn(labels)),
    ...optional('runner', runnerIn(labels)),
    ...parseBirth(labels),
  };
}

/** Whether a container is meant to end. */
export function isOnce(labels: Labels | null | undefined): boolean {
  return labels?.[labelKeys.once] === 'true';
}

/** Parses a lease's labels; `null` where its end is missing or beyond the range of dates. */
export function parseLease(labels: Labels | null | undefined): LeaseLabels | null {
  const ends = numberIn(labels, labelKeys.ends, lastSecond);
  if (ends === undefined) return null;
  const containers = listIn(labels, labelKeys.containers, isName);
  const copied = listIn(labels, labelKeys.copied, isCode);
  return {
    ends,
    ...optional('maxDuration', numberIn(labels, labelKeys.maxDuration, mostLifetime)),
    ...(containers && { containers }),
    ...(copied && { copied }),
    ...(labels?.[labelKeys.retained] === 'true' && { retained: true as const }),
    ...optional('retain', numberIn(labels, labelKeys.retain, mostLifetime)),
  };
}

/** Returns the labels of a lease object. `ends`: seconds since the epoch. */
export function leaseLabels(
  worker: string,
  { lifetime, maxLifetime, maxDuration, containers, copied, retained, retain, origin, ...birth }: LeaseTerms,
  ends: number,
): Labels {
  const terms = {
    [labelKeys.lifetime]: lifetime,
    [labelKeys.maxLifetime]: maxLifetime,
    [labelKeys.maxDuration]: maxDuration,
    [labelKeys.ends]: ends,
    [labelKeys.retained]: retained,
    [labelKeys.retain]: retain,
    [labelKeys.origin]: origin,
  };
  const written = Object.entries(terms).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return {
    [labelKeys.worker]: worker,
    ...(Object.fromEntries(written) as Labels),
    ...(containers && { [labelKeys.containers]: containers.join(' ') }),
    ...(copied && { [labelKeys.copied]: copied.join(' ') }),
    ...birthLabels(birth),
  };
}

/** Parses texts separated by spaces; `undefined` where one is invalid. */
function listIn(labels: Labels | null | undefined, key: string, isValid: (text: string) => boolean): string[] | undefined {
  const texts = labels?.[key]?.split(' ').filter((text) => text !== '');
  return texts?.every(isValid) ? texts : undefined;
}

function isCode(text: string): boolean {
  return /^[0-9a-f]{12}$/.test(text);
}

/** Splits `docker_container.engine` into its type and its id. */
export function partsOfAddress(address: string): { type: string; id: string } {
  const { type, name: id } = partsOf(address);
  return { type, id };
}

/** Parses a whole number from 1 to `most`, without sign or leading zero. */
function numberIn(labels: Labels | null | undefined, key: string, most: number): number | undefined {
  const text = labels?.[key] ?? '';
  return /^[1-9]\d{0,14}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

/** Parses an origin as `spec/origin.ts` writes it: without control characters for a terminal. */
function originIn(labels: Labels | null | undefined): string | undefined {
  const text = labels?.[labelKeys.origin];
  return text !== undefined && isOrigin(text) ? text : undefined;
}

function runnerIn(labels: Labels | null | undefined): string | undefined {
  const text = labels?.[labelKeys.runner];
  return text !== undefined && isIdentityName(text) ? text : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
