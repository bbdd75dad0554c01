import { MayflyError } from '../errors.js';
import { common, type Declaration } from './declaration.js';

/** Prefix of words that the parser would take for options: a lone `-`, and `-30m` as a duration. */
const mark = '\0';

/**
 * Separates the words for the parser from the user's command: the words after `--` and, for `exec` and `run`, the words after their own
 * arguments. The user's command stays untouched: `007` in it is not a number, and `--version` is not our option.
 */
export function splitCommandLine(args: readonly string[], commands: readonly Declaration[]): { words: string[]; userCommand: string[] } {
  const end = endOfOwn(
    args,
    commands.filter(({ takesCommand }) => takesCommand),
  );
  const isPlain = (word: string) => word === '-' || (args[0] === 'extend' && /^-\d+[a-z]*$/.test(word));
  const words = args.slice(0, end).map((word) => (isPlain(word) ? mark + word : word));
  return { words, userCommand: args.slice(args[end] === '--' ? end + 1 : end) };
}

/** Index of the first word that is not ours: `--`, or the start of the user's command. */
function endOfOwn(args: readonly string[], takingCommands: readonly Declaration[]): number {
  const valued = new Set([common, ...takingCommands.map(({ options = {} }) => options)].flatMap(valuedOf));
  let left: number | null = null;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at]!;
    if (word === '--') return at;
    if (valued.has(word)) at += 1;
    else if (word === '-' || !word.startsWith('-')) {
      if (left === 0) return at;
      // The first word is the command's name; its own arguments are counted from there.
      left = left === null ? positionalsOf(takingCommands.find(({ name }) => name === word)) : left - 1;
    }
  }
  return args.length;
}

/** Number of words between the command's name and the user's command. */
function positionalsOf(command: Declaration | undefined): number {
  return command ? Object.keys(command.positionals ?? {}).length : Infinity;
}

/** Options that take the next word for a value. */
function valuedOf(options: NonNullable<Declaration['options']>): string[] {
  return Object.entries(options).flatMap(([key, { requiresArg }]) => (requiresArg ? [`--${key}`] : []));
}

/** The parsed arguments, without marks. @throws Error when an option is given twice that is not repeatable */
export function restoreWords(argv: Record<string, unknown>, { positionals = {}, options = {} }: Declaration): Record<string, unknown> {
  const restore = (value: unknown) => (typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : value);
  const repeatable = new Set(
    Object.entries({ ...positionals, ...options }).flatMap(([key, { array }]) => (array ? [key, camelCase(key)] : [])),
  );
  return Object.fromEntries(
    Object.entries(argv).map(([key, value]) => {
      if (!Array.isArray(value)) return [key, restore(value)];
      if (key !== '_' && !repeatable.has(key)) throw new Error(`--${key} is given twice`);
      return [key, value.map(restore)];
    }),
  );
}

/** The key under which the parser gives an option of several words too. */
function camelCase(key: string): string {
  return key.replace(/-./g, (pair) => pair.charAt(1).toUpperCase());
}

/** The user's command. @throws MayflyError `usage` when there is none */
export function commandOf({ userCommand }: { userCommand: string[] }, example: string): string[] {
  if (userCommand.length > 0) return userCommand;
  throw new MayflyError('usage', { cause: 'no command is given', remedy: `for example: ${example}` });
}
