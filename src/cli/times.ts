import { MayflyError } from '../errors.js';

const seconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|min|m|h|d))+$/;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** Seconds of `90`, `30m`, `1h30m`; `null` when it is none. */
export function parseDuration(text: string): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (!durationPattern.test(text)) return null;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)/g);
  return Math.round([...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * seconds[unit!]! * 1000, 0)) / 1000;
}

/** The same, where anything else is an error. `place`: the argument or option. @throws MayflyError `usage` */
export function toDuration(text: string, place: string, example: string): number {
  const parsed = parseDuration(text);
  if (parsed !== null) return parsed;
  throw new MayflyError('usage', {
    place: { path: place },
    cause: `must be seconds or 30m, 2h, 1d, got ${JSON.stringify(text)}`,
    remedy: `for example: ${example}`,
  });
}

/**
 * A moment, in milliseconds since the epoch: so long before `now` (`10m`), an RFC 3339 time, or seconds since the epoch.
 * @throws MayflyError `usage` for anything else, or a time to come
 */
export function toMoment(text: string, now: number, place: string, example: string): number {
  const moment = parseMoment(text, now);
  const remedy = `for example: ${example}`;
  if (moment === null || Number.isNaN(moment)) {
    const cause = `must be a duration (10m), an RFC 3339 time (2026-01-31T12:00:00Z) or seconds since the epoch, got ${JSON.stringify(text)}`;
    throw new MayflyError('usage', { place: { path: place }, cause, remedy });
  }
  if (moment <= now) return moment;
  throw new MayflyError('usage', { place: { path: place }, cause: `${new Date(moment).toISOString()} is still to come`, remedy });
}

function parseMoment(text: string, now: number): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (timePattern.test(text)) return Date.parse(text);
  const ago = parseDuration(text);
  return ago === null ? null : now - ago * 1000;
}
