import type { Argv } from 'yargs';
import { systemClock } from '../clock.js';
import { StateLayout } from '../state/layout.js';
import { commands } from './commands/index.js';
import { findSettings } from '../runtime/settings.js';

/** The parser's own name for completion. No worker can have it. */
const own = '__completion';

type Done = (words: string[]) => void;
type ByDefault = (done: (error: Error | null, words?: string[]) => void) => void;

/** Completes commands and options from the parser, and workers' names from the local state. */
export async function addCompletion(program: Argv): Promise<void> {
  const workers = await workerNames().catch(() => []);
  program.completion(own, false, (current: string, argv: unknown, byDefault: ByDefault, done: Done) => {
    byDefault((_error, words = []) => {
      const { _: given } = argv as { _: unknown[] };
      const command = commands.find(({ name }) => name === given[1]);
      const first = given.length === 2 || (given.length === 3 && String(given[2]) === current);
      if (first && !current.startsWith('-') && command?.positionals?.['worker']) done(workers.filter((name) => name.startsWith(current)));
      else done(words.filter((word) => !word.startsWith(own) && word.startsWith(current)));
    });
  });
}

/** Names in the local state. Asking a backend would take too long after a key press. */
async function workerNames(): Promise<string[]> {
  const { stateDir } = await findSettings(process.cwd(), process.env, {});
  const known = await new StateLayout(stateDir, systemClock).known();
  return [...new Set(known.map(({ name }) => name))].sort();
}
