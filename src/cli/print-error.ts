import type { MayflyError } from '../errors.js';
import { humanError } from '../views/error-view.js';
import { errorLines } from '../views/json-view.js';
import { paint } from './paint.js';

/** Prints an error as the words of the command line ask for it. @returns its exit code */
export function printError(error: MayflyError, words: readonly string[]): number {
  if (words.includes('--json')) for (const line of errorLines(error)) process.stdout.write(`${JSON.stringify(line)}\n`);
  else process.stderr.write(`${humanError(error, paint, words.includes('--debug'))}\n`);
  return error.exitCode;
}
