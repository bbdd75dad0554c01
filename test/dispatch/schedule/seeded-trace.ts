import type { Job, Machine } from './simulator.js';

/** Numbers from 0 to 1 that are the same for the same seed: mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Jobs as of a busy CI service: most are small, some need a whole machine; they come in bursts, and take a tenth to all of the time that
 * they ask for.
 */
export function seededTrace(seed: number, count: number): { jobs: Job[]; machines: Machine[] } {
  const next = random(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(next() * values.length)]!;
  let submit = 0;
  const jobs = Array.from({ length: count }, (_, id): Job => {
    if (next() < 0.4) submit += Math.round(-Math.log(1 - next()) * 125);
    const cpu = next() < 0.06 ? pick([12, 16, 32]) : pick([1, 1, 2, 2, 4, 8]);
    const asked = pick([60, 300, 300, 600, 1800, 3600]);
    return { id, submit, run: Math.max(1, Math.round(asked * (0.1 + 0.9 * next()))), asked, cpu, memory: cpu * pick([1, 2, 4]) };
  });
  const machines = [32, 32, 16, 16, 8].map((cpu, index) => ({ name: `m${index}`, cpu, memory: cpu * 4 }));
  return { jobs, machines };
}
