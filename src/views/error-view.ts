import { formatPlace, type MayflyError, type Place } from '../errors.js';
import { printable } from './format.js';
import type { Paint } from './paint.js';

/**
 * Place, cause and remedy of all problems of an error; then the last lines of a log where they explain it.
 *
 * @param debug adds the stacks
 */
export function humanError(error: MayflyError, paint: Paint, debug: boolean): string {
  const { problems, remedy, log } = error;
  const label = paint.red('Error:');
  const arrow = paint.dim('→');
  // An error of several problems has either a sentence of its own above them, or is the first of them.
  const listed = problems[0]?.cause !== error.message;
  const lines = listed ? [`${label} ${withPlace(error.place, error.message)}`] : [];
  for (const problem of problems) {
    lines.push(`${listed ? '  ' : `${label} `}${withPlace(problem.place, problem.cause)}`);
    if (problem.remedy) lines.push(`${listed ? '    ' : '  '}${arrow} ${printable(problem.remedy)}`);
  }
  if (listed && remedy && !problems.some((problem) => problem.remedy === remedy)) lines.push(`  ${arrow} ${printable(remedy)}`);
  if (log.length > 0) lines.push('  its last lines:', ...log.map((line) => `    ${paint.dim('|')} ${printable(line)}`));
  if (debug) lines.push(...stacks(error));
  return lines.join('\n');
}

function withPlace(place: Place | undefined, cause: string): string {
  return printable([formatPlace(place), cause].filter(Boolean).join(': '));
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [printable(error.stack ?? error.message), ...stacks(error.cause)];
}
