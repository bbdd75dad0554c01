/** The names under which values of ours hold a time, in milliseconds since the epoch. */
const times: ReadonlySet<string> = new Set(['createdAt', 'endedAt', 'ends', 'endsAt', 'endsBy', 'now']);

/** A value as one line of JSON. Times are ISO 8601 in UTC, for every command. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (key, part: unknown) => (typeof part === 'number' && times.has(key) ? new Date(part).toISOString() : part));
}
