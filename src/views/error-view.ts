import pc from 'picocolors';
import { formatPlace, type MayflyError } from '../errors.js';

/** Place, cause and remedy; all problems of it; the last lines of a log where they explain it. */
export function humanError(error: MayflyError, debug: boolean): string {
  const lines: string[] = [];
  // Several of a kind stand for themselves; others are the reasons of one.
  const listed = error.problems[0]?.cause !== error.message;
  if (listed) lines.push(`${pc.red('Error:')} ${withPlace(formatPlace(error.place), error.message)}`);
  const head = listed ? '  ' : `${pc.red('Error:')} `;
  for (const { place, cause, remedy } of error.problems) {
    lines.push(`${head}${withPlace(formatPlace(place), cause)}`);
    if (remedy) lines.push(`  ${listed ? '  ' : ''}${pc.dim('→')} ${remedy}`);
  }
  if (listed && error.remedy && !error.problems.some(({ remedy }) => remedy === error.remedy)) {
    lines.push(`  ${pc.dim('→')} ${error.remedy}`);
  }
  if (error.log.length > 0) lines.push('  its last lines:', ...error.log.map((line) => `    ${pc.dim('|')} ${line}`));
  if (debug) lines.push(...stacks(error));
  return lines.join('\n');
}

function withPlace(place: string, cause: string): string {
  return place ? `${place}: ${cause}` : cause;
}

function stacks(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  return [error.stack ?? error.message, ...stacks(error.cause)];
}
