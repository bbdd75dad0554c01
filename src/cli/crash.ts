import { toMayflyError } from '../errors.js';

/**
 * Reports an uncaught error as one sentence with its remedy; `--debug` adds the stack. Node would print the line of the bundle that threw
 * it: thousands of characters.
 */
export function reportCrashes(words: readonly string[]): void {
  process.on('uncaughtException', (thrown) => void report(thrown, words));
}

async function report(thrown: unknown, words: readonly string[]): Promise<void> {
  const { printError } = await import('./print-error.js');
  process.exit(printError(toMayflyError(thrown), words));
}
