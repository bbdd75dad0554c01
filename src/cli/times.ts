import { MayflyError } from '../errors.js';

const seconds: Record<string, number> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };
const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|min|m|h|d))+$/;
const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;

/** Seconds of a duration (`90`, `30m`, `1h30m`); `null` for any other text. */
export function parseDuration(text: string): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (!durationPattern.test(text)) return null;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|min|m|h|d)/g);
  return Math.round([...parts].reduce((sum, [, amount, unit]) => sum + Number(amount) * seconds[unit!]! * 1000, 0)) / 1000;
}

/** Seconds of a duration. `place`: the argument or option. @throws MayflyError `usage` for any other text */
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
 * Milliseconds since the epoch of a duration before `now` (`10m`), an RFC 3339 time, or seconds since the epoch.
 * @throws MayflyError `usage` for any other text, or a time in the future
 */
export function toMoment(text: string, now: number, place: string, example: string): number {
  const moment = parseMoment(text, now);
  const remedy = `for example: ${example}`;
  if (moment === null || Number.isNaN(moment)) {
    const cause = `must be a duration (10m), an RFC 3339 time (2026-01-31T12:00:00Z) or seconds since the epoch, got ${JSON.stringify(text)}`;
    throw new MayflyError('usage', { place: { path: place }, cause, remedy });
  }
  if (moment <= now) return moment;
  throw new MayflyError('usage', { place: { path: place }, cause: `${new Date(moment).toISOString()} is in the future`, remedy });
}

/**
 * Milliseconds since the epoch of a duration after `now` (`2h`), or of an RFC 3339 time.
 * @throws MayflyError `usage` for any other text, or a time that has passed
 */
export function toFuture(text: string, now: number, place: string, example: string): number {
  const seconds = parseDuration(text);
  const moment = seconds !== null ? now + seconds * 1000 : timePattern.test(text) ? Date.parse(text) : Number.NaN;
  const remedy = `for example: ${example}`;
  if (Number.isNaN(moment)) {
    const cause = `must be a duration (2h) or an RFC 3339 time (2026-01-31T12:00:00Z), got ${JSON.stringify(text)}`;
    throw new MayflyError('usage', { place: { path: place }, cause, remedy });
  }
  if (moment > now) return moment;
  throw new MayflyError('usage', { place: { path: place }, cause: `${new Date(moment).toISOString()} has passed`, remedy });
}

function parseMoment(text: string, now: number): number | null {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (timePattern.test(text)) return Date.parse(text);
  const ago = parseDuration(text);
  return ago === null ? null : now - ago * 1000;
}
