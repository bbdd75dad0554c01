import { toMayflyError } from '../errors.js';

/**
 * The last resort: an error that nobody caught is one sentence with its remedy. Node would print the line of the bundle that threw it,
 * thousands of characters. The stack shows with `--debug`.
 */
export function reportCrashes(words: readonly string[]): void {
  process.on('uncaughtException', (thrown) => void report(thrown, words));
}

async function report(thrown: unknown, words: readonly string[]): Promise<void> {
  const { printError } = await import('./print-error.js');
  process.exit(printError(toMayflyError(thrown), words));
}
