/** A duration as text: one or more numbers, each with `ms`, `s`, `m`, `h` or `d` (`5s`, `500ms`, `1m30s`, `7d`). */
export const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;

const secondsIn: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const megabytesIn: Record<string, number> = { k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 };

/** Seconds, rounded to milliseconds, of a number of seconds or of a text that matches `durationPattern`. */
export function toSeconds(duration: number | string): number {
  let seconds = typeof duration === 'number' ? duration : 0;
  for (const [, amount, unit] of String(duration).matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    seconds += Number(amount) * (secondsIn[unit ?? ''] ?? 0);
  }
  return Math.round(seconds * 1000) / 1000;
}

export type Unit = 'MB' | 'millicores' | 'seconds';

/** Texts that a spec accepts in place of a whole number: `512Mi`, `1.5GB`, `500m`, `1h30m`. A GB has 1024 MB. */
export const spellings: Readonly<Record<Unit, RegExp>> = {
  MB: /^\d+(?:\.\d+)?[MGTmgt][Ii]?[Bb]?$/,
  millicores: /^\d+m$/,
  seconds: durationPattern,
};

/** The amount that a text of `spellings` gives, perhaps with a fraction. */
export function amountOf(text: string, unit: Unit): number {
  if (unit === 'seconds') return toSeconds(text);
  const number = Number.parseFloat(text);
  const [, size = ''] = /([mgt])i?b?$/i.exec(text) ?? [];
  return unit === 'millicores' ? number : number * (megabytesIn[size.toLowerCase()] ?? Number.NaN);
}

/** The unit of the spec's whole-number fields, by the field's name. */
export function unitOf(field: string | number | undefined): Unit | undefined {
  if (field === 'memory' || field === 'storage' || field === 'shm_size' || field === 'size') return 'MB';
  if (field === 'cpu' || field === 'cpu_limit') return 'millicores';
  if (field === 'max_duration' || field === 'create_timeout' || field === 'keep') return 'seconds';
  return undefined;
}

/** The whole number that `2GB`, `0.5` cores, `30m` or `"512"` probably means; `undefined` if the meaning is unclear. */
export function meantBy(value: unknown, unit: Unit): number | undefined {
  if (typeof value === 'number') {
    const cores = unit === 'millicores' && value > 0 && !Number.isInteger(value) ? value * 1000 : undefined;
    return cores === undefined ? undefined : whole(cores);
  }
  if (typeof value !== 'string') return undefined;
  const [, amount, suffix = ''] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(value) ?? [];
  if (amount === undefined) return undefined;
  const number = Number(amount);
  if (suffix === '') return Number.isInteger(number) ? number : meantBy(number, unit);
  if (unit === 'seconds') return whole(number * (secondsIn[suffix.toLowerCase()] ?? Number.NaN));
  if (unit === 'millicores') return suffix === 'm' ? whole(number) : undefined;
  const [, size = ''] = /^([kmgt])i?b?$/i.exec(suffix) ?? [];
  return whole(number * (megabytesIn[size.toLowerCase()] ?? Number.NaN));
}

function whole(number: number): number | undefined {
  return Number.isFinite(number) && number > 0 ? Math.ceil(number) : undefined;
}

/** `30 min`, `1 h 5 min`, `45 s`; `seconds` at least 0. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [
    [Math.floor(whole / 86400), 'd'],
    [Math.floor((whole % 86400) / 3600), 'h'],
    [Math.floor((whole % 3600) / 60), 'min'],
    [whole % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  if (first < 0) return '0 s';
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** Formats MB (2^20 bytes): `1.8 GB`, `512 MB`. */
export function megabytes(mb: number): string {
  return mb >= 1024 ? `${(mb / 1024).toFixed(1)} GB` : `${mb} MB`;
}

/** Formats millicores with all digits that count: `2.0 CPU`, `0.25 CPU`. */
export function cpus(millicores: number): string {
  const digits = [1, 2].find((count) => (millicores / 1000) * 10 ** count === Math.round((millicores / 1000) * 10 ** count)) ?? 3;
  return `${(millicores / 1000).toFixed(digits)} CPU`;
}

/** Formats US dollars, rounded up to cents; below $0.10 to two significant digits: `$12.35`, `$0.049`, `$0.0004`. */
export function dollars(amount: number): string {
  const digits = amount >= 0.1 ? 2 : 1 - Math.floor(Math.log10(amount || 1));
  // Floating-point noise must not round a sum up.
  return `$${(Math.ceil(Number((amount * 10 ** digits).toFixed(6))) / 10 ** digits).toFixed(digits)}`;
}

/** CPU units of ECS, and shares of Docker: 1024 units are 1000 millicores. */
export function unitsOf(millicores: number): number {
  return Math.ceil((millicores * 1024) / 1000);
}

export function millicoresOf(units: number): number {
  return (units * 1000) / 1024;
}
