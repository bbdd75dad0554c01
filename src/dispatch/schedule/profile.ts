/** Amounts of each kind, in one fixed order. */
export type Amounts = readonly number[];

/** Amounts that are in use until then. */
export interface Use {
  amounts: Amounts;
  until: number;
}

/** Amounts that are free from now until then. */
export interface Window {
  free: Amounts;
  until: number;
}

/**
 * The free amounts of a node over time: a list of steps, each until the next one begins, the last one for ever. An amount is `Infinity`
 * where nothing limits it, and negative where more is in use than there is.
 */
export class Profile {
  private readonly times: number[];
  private readonly steps: number[][];

  /**
   * @param total without the uses, which begin at once
   * @param closes from this time on nothing fits
   */
  constructor(total: Amounts, now: number, uses: readonly Use[] = [], closes: number | null = null) {
    const free = total.map((amount, kind) => uses.reduce((left, { amounts }) => left - amounts[kind]!, amount));
    this.times = [now];
    this.steps = [free];
    for (const { amounts, until } of [...uses].sort((a, b) => a.until - b.until)) {
      if (until === Infinity) break;
      if (until > this.times.at(-1)!) {
        this.times.push(until);
        this.steps.push([...this.steps.at(-1)!]);
      }
      const step = this.steps.at(-1)!;
      for (let kind = 0; kind < step.length; kind += 1) step[kind]! += amounts[kind]!;
    }
    if (closes === null) return;
    for (let step = this.split(Math.max(closes, now)); step < this.steps.length; step += 1) this.steps[step] = free.map(() => -Infinity);
  }

  /** Uses the amounts from one time to another. Times before the first step count from there. */
  take(amounts: Amounts, from: number, to: number): void {
    this.add(amounts, from, to, -1);
  }

  /** Takes back what `take` did. */
  release(amounts: Amounts, from: number, to: number): void {
    this.add(amounts, from, to, 1);
  }

  /** The earliest time from `from` to `limit` at which the amounts fit for so long; `Infinity`: none. */
  earliest(amounts: Amounts, length: number, from: number, limit = Infinity): number {
    const { times, steps } = this;
    let start = from;
    for (let step = this.stepAt(from); step < steps.length; step += 1) {
      const next = times[step + 1] ?? Infinity;
      if (!fits(amounts, steps[step]!)) start = next;
      else if (next >= start + length) return start;
      if (start > limit) break;
    }
    return Infinity;
  }

  /** What stays free from now on: the least amounts of the steps so far, with the time until which they hold. Each entry has less than the one before. */
  windows(): Window[] {
    const found: Window[] = [];
    let least: Amounts = this.steps[0]!;
    for (let step = 1; step < this.steps.length; step += 1) {
      const free = this.steps[step]!;
      if (least.every((amount, kind) => amount <= free[kind]!)) continue;
      found.push({ free: least, until: this.times[step]! });
      least = least.map((amount, kind) => Math.min(amount, free[kind]!));
    }
    return [...found, { free: least, until: Infinity }];
  }

  get free(): Amounts {
    return this.steps[0]!;
  }

  private add(amounts: Amounts, from: number, to: number, sign: number): void {
    if (to <= this.times[0]!) return;
    const first = from <= this.times[0]! ? 0 : this.split(from);
    const end = to === Infinity ? this.steps.length : this.split(to);
    for (let step = first; step < end; step += 1) {
      const free = this.steps[step]!;
      for (let kind = 0; kind < amounts.length; kind += 1) free[kind]! += sign * amounts[kind]!;
    }
  }

  /** Makes a step begin at the time. @returns its index */
  private split(time: number): number {
    const step = this.stepAt(time);
    if (this.times[step] === time) return step;
    this.times.splice(step + 1, 0, time);
    this.steps.splice(step + 1, 0, [...this.steps[step]!]);
    return step + 1;
  }

  private stepAt(time: number): number {
    let [low, high] = [0, this.times.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle]! <= time) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Whether the amounts fit. A kind of which 0 is asked always does. */
export function fits(amounts: Amounts, free: Amounts): boolean {
  for (let kind = 0; kind < amounts.length; kind += 1) {
    if (amounts[kind]! > free[kind]! && amounts[kind]! > 0) return false;
  }
  return true;
}
