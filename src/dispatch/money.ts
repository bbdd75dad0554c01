import type { Price } from '../spec/offer.js';

// Money is counted in whole millionths of a US dollar (micros), so that sums are exact.

const perDollar = 1_000_000;

export function toMicros(dollars: number): number {
  return Math.round(dollars * perDollar);
}

export function toDollars(micros: number): number {
  return micros / perDollar;
}

/** Cost of a worker, in micros. */
export interface Rate {
  perHour: number;
  /** The highest cost: for its longest life. */
  most: number;
}

/** A worker without a price costs nothing. */
export function rateOf(price: Price | null): Rate {
  return price ? { perHour: toMicros(price.perHour), most: toMicros(price.most) } : { perHour: 0, most: 0 };
}

/** Cost of a time in milliseconds, in micros. */
export function costFor(ms: number, perHour: number): number {
  return Math.round((perHour * Math.max(ms, 0)) / 3_600_000);
}

/** The calendar month in UTC of a time, such as `2026-11`. */
export function monthOf(at: number): string {
  return new Date(at).toISOString().slice(0, 7);
}
