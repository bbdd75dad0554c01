import type { Finding } from '../worker/doctor.js';
import { printable } from './format.js';
import type { Paint } from './paint.js';

const marks: Record<Finding['kind'], (paint: Paint) => string> = {
  ok: ({ green }) => green('ok'),
  note: ({ yellow }) => yellow('--'),
  problem: ({ red }) => red('!!'),
};

/** One finding of `mayfly doctor` for a terminal. */
export function humanFinding({ kind, subject, message, remedy }: Finding, paint: Paint): string {
  return `${marks[kind](paint)} ${printable(`${subject}: ${message}`)}${remedy ? `\n     → ${printable(remedy)}` : ''}`;
}
