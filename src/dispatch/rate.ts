/** A limit of how often something may happen: `burst` times at once, and `perMinute` in the long run. */
export interface Rate {
  perMinute: number;
  burst: number;
}

/** Times that are left at a moment. Between moments they grow by the rate, up to the burst. */
export interface Bucket {
  left: number;
  at: number;
}

/** Takes one time. `now` in milliseconds. @returns the bucket after it, and the milliseconds to wait if none was left; 0: it was taken */
export function takeOne(bucket: Bucket | undefined, { perMinute, burst }: Rate, now: number): { bucket: Bucket; wait: number } {
  // A clock that is set back takes nothing away.
  const grown = bucket ? bucket.left + (Math.max(0, now - bucket.at) * perMinute) / 60_000 : burst;
  const left = Math.min(burst, grown);
  if (left >= 1) return { bucket: { left: left - 1, at: now }, wait: 0 };
  return { bucket: { left, at: now }, wait: Math.ceil(((1 - left) * 60_000) / perMinute) };
}
