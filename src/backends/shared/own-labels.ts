import { type Labels, labelKeys } from '../../labels.js';
import { isName } from '../../spec/names.js';
import { isOrigin } from '../../spec/origin.js';
import { partsOf } from '../../spec/address.js';

/**
 * The labels of an object of ours, parsed. Labels come from outside: Docker gives a container those of its image, and anybody may label
 * an object. Whoever lists objects parses their labels here, and leaves out those that are `null`: they are not ours.
 */
export interface OwnLabels {
  /** A name by the grammar of worker names. */
  worker: string;
  /** The resource's place in its stack, `docker_container.engine`; empty for what is no resource (a lease, a left-over). */
  address: string;
  /** Seconds from the worker's oldest creation to its latest end. Absent on a lease alone. */
  lifetime?: number;
  /** Seconds from the worker's oldest creation that no lease may exceed. Absent on what older versions made. */
  maxLifetime?: number;
  /** MB to be watched. */
  storage?: number;
  /** Meant to end. */
  once?: true;
  /** Where an engine's socket is, once its backend has seen that it is really mounted there. */
  exec?: string;
  /** Where the spec of an engine, or of an adopted worker's lease, came from; empty: from no file. Absent on what older versions made. */
  origin?: string;
}

/** The part of a lease that its labels hold. */
export interface LeaseLabels {
  /** Seconds since the epoch. */
  ends: number;
  /** Seconds: the `max_duration` that it was made for. */
  maxDuration?: number;
  /** The worker's containers beside its engine when it got ready. Absent on what older versions made, and where the backend itself tells. */
  containers?: string[];
}

/** What a new lease is labelled with, beside its worker and its end. */
export interface LeaseTerms {
  lifetime?: number;
  maxLifetime?: number;
  maxDuration?: number;
  containers?: string[];
  /** Where the spec came from that the worker is adopted for. */
  origin?: string;
}

const month = 2_592_000;

/** Ranges, inclusive. A spec gives at most a month to each half of a lifetime; year 9999 is the last that a date can be printed of. */
const mostLifetime = 2 * month;
const lastSecond = 253_402_300_799;
const mostMegabytes = 10 ** 12;

const addressPattern = /^[a-z][a-z0-9_]{0,60}\.[a-z][a-z0-9_-]{0,60}$/;

/** A resource's labels; `null` when its worker, address or lifetime is missing or malformed. Malformed ones of the others count as absent. */
export function parseResource(labels: Labels | null | undefined): OwnLabels | null {
  const address = labels?.[labelKeys.address];
  const own = parseLoose(labels);
  return address !== undefined && addressPattern.test(address) && own?.lifetime !== undefined ? { ...own, address } : null;
}

/** Labels of what has no address of its own; `null` when they name no worker. */
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
  };
}

/** Whether a container is meant to end. */
export function isOnce(labels: Labels | null | undefined): boolean {
  return labels?.[labelKeys.once] === 'true';
}

/** `null` when there is no end, or one beyond the range of dates. */
export function parseLease(labels: Labels | null | undefined): LeaseLabels | null {
  const ends = numberIn(labels, labelKeys.ends, lastSecond);
  if (ends === undefined) return null;
  const containers = namesIn(labels, labelKeys.containers);
  return { ends, ...optional('maxDuration', numberIn(labels, labelKeys.maxDuration, mostLifetime)), ...(containers && { containers }) };
}

/** The labels of a lease object; `ends` in seconds since the epoch. */
export function leaseLabels(worker: string, { lifetime, maxLifetime, maxDuration, containers, origin }: LeaseTerms, ends: number): Labels {
  const terms = {
    [labelKeys.lifetime]: lifetime,
    [labelKeys.maxLifetime]: maxLifetime,
    [labelKeys.maxDuration]: maxDuration,
    [labelKeys.ends]: ends,
    [labelKeys.origin]: origin,
  };
  const written = Object.entries(terms).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]]));
  return {
    [labelKeys.worker]: worker,
    ...(Object.fromEntries(written) as Labels),
    ...(containers && { [labelKeys.containers]: containers.join(' ') }),
  };
}

/** Names with spaces between them, none for an empty text; `undefined` where one is no name. */
function namesIn(labels: Labels | null | undefined, key: string): string[] | undefined {
  const names = labels?.[key]?.split(' ').filter((name) => name !== '');
  return names?.every(isName) ? names : undefined;
}

/** `docker_container`, `engine`. */
export function partsOfAddress(address: string): { type: string; id: string } {
  const { type, name: id } = partsOf(address);
  return { type, id };
}

/** A whole number from 1 to `most`, written without sign or leading zero. */
function numberIn(labels: Labels | null | undefined, key: string, most: number): number | undefined {
  const text = labels?.[key] ?? '';
  return /^[1-9]\d{0,14}$/.test(text) && Number(text) <= most ? Number(text) : undefined;
}

/** What `spec/origin.ts` writes: nothing that a terminal takes for a command. */
function originIn(labels: Labels | null | undefined): string | undefined {
  const text = labels?.[labelKeys.origin];
  return text !== undefined && isOrigin(text) ? text : undefined;
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
