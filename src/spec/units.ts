/** A duration as text: one or more numbers, each with `ms`, `s`, `m` or `h` (`5s`, `500ms`, `1m30s`). */
export const durationPattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

const secondsIn: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };
const megabytesIn: Record<string, number> = { k: 1 / 1024, m: 1, g: 1024, t: 1024 * 1024 };

/** Seconds of a number (already seconds) or of a text that `durationPattern` matches; whole milliseconds. */
export function toSeconds(duration: number | string): number {
  let seconds = typeof duration === 'number' ? duration : 0;
  for (const [, amount, unit] of String(duration).matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    seconds += Number(amount) * (secondsIn[unit ?? ''] ?? 0);
  }
  return Math.round(seconds * 1000) / 1000;
}

export type Unit = 'MB' | 'millicores' | 'seconds';

/** The unit of the spec's whole-number fields, by the field's name. */
export function unitOf(field: string | number | undefined): Unit | undefined {
  if (field === 'memory' || field === 'storage') return 'MB';
  if (field === 'cpu') return 'millicores';
  if (field === 'max_duration' || field === 'create_timeout') return 'seconds';
  return undefined;
}

/** The whole number that was probably meant by `2GB`, `0.5` cores, `30m` or `"512"`; undefined when it can't be told. */
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

/** `1.8 GB`, `512 MB`; `mb` in 2^20 bytes. */
export function megabytes(mb: number): string {
  return mb >= 1024 ? `${(mb / 1024).toFixed(1)} GB` : `${mb} MB`;
}

/** `2.0 CPU`, `0.25 CPU`, of millicores; as many digits as say all of it. */
export function cpus(millicores: number): string {
  const digits = [1, 2].find((count) => (millicores / 1000) * 10 ** count === Math.round((millicores / 1000) * 10 ** count)) ?? 3;
  return `${(millicores / 1000).toFixed(digits)} CPU`;
}

/** `$12.35`, `$0.049`, `$0.0004`: two digits that say something, rounded up. */
export function dollars(amount: number): string {
  const digits = amount >= 0.1 ? 2 : 1 - Math.floor(Math.log10(amount || 1));
  // A sum that only its floating point holds above a digit stays at it.
  return `$${(Math.ceil(Number((amount * 10 ** digits).toFixed(6))) / 10 ** digits).toFixed(digits)}`;
}

/** Units of ECS: 1024 of them are 1000 millicores. */
export function unitsOf(millicores: number): number {
  return Math.ceil((millicores * 1024) / 1000);
}

export function millicoresOf(units: number): number {
  return (units * 1000) / 1024;
}
