import type { Plan } from '../plan/plan.js';
import { count } from './format.js';

/** The copies of a plan, a line each, each followed by its warnings. */
export function copyLines({ copies }: Pick<Plan, 'copies'>): { text: string; warnings: string[] }[] {
  return copies.map(({ copy: { written, in: container, to }, files, bytes, warnings }) => ({
    text: `copy ${written} to ${container}:${to}: ${content(files, bytes)}`,
    warnings,
  }));
}

/** `812 files, 23.4 MB`. */
export function content(files: number, bytes: number): string {
  const size = bytes < 2 ** 20 ? `${Math.ceil(bytes / 1024)} kB` : `${(bytes / 2 ** 20).toFixed(1)} MB`;
  return `${count(files, 'file')}, ${size}`;
}
