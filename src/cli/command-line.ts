import { MayflyError } from '../errors.js';

/** Before a word that the parser would take for options: a lone `-`, and `-30m` where a duration is meant. */
const mark = '\0';

/** The words for the parser, and what stands behind `--`, untouched: a command's `007` is no number. */
export function splitCommandLine(args: readonly string[]): { words: string[]; behind: string[] } {
  const end = args.includes('--') ? args.indexOf('--') : args.length;
  const isPlain = (word: string) => word === '-' || (args[0] === 'extend' && /^-\d+[a-z]*$/.test(word));
  return { words: args.slice(0, end).map((word) => (isPlain(word) ? mark + word : word)), behind: args.slice(end + 1) };
}

/** The parsed arguments without marks. @throws Error when an option is given twice */
export function restoreWords(argv: Record<string, unknown>): Record<string, unknown> {
  const restore = (value: unknown) => (typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : value);
  return Object.fromEntries(
    Object.entries(argv).map(([key, value]) => {
      if (!Array.isArray(value)) return [key, restore(value)];
      if (key !== '_' && key !== 'specs') throw new Error(`--${key} is given twice`);
      return [key, value.map(restore)];
    }),
  );
}

/** The command behind `--`. @throws MayflyError `usage` when there is none */
export function commandOf({ behind }: { behind: string[] }, example: string): string[] {
  if (behind.length > 0) return behind;
  throw new MayflyError('usage', { cause: 'no command is given', remedy: `put it behind --, for example: ${example}` });
}
