/** Formats seconds as Go's `Duration.String()` does, in whole milliseconds: a Go provider reads the same text back, so it plans no change. */
export function formatGoDuration(seconds: number): string {
  const milliseconds = Math.round(seconds * 1000);
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const rest = `${(milliseconds % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}

/** The seconds of a text such as `1m30s`. */
export function parseGoDuration(text: string): number {
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
  return [...text.matchAll(/([\d.]+)(ms|us|ns|h|m|s)/g)].reduce((sum, [, number, unit]) => sum + Number(number) * units[unit!]!, 0);
}
