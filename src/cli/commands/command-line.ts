import { MayflyError } from '../../errors.js';

/** What stands behind `--`. @throws MayflyError `usage` when nothing does. */
export function commandOf(argv: { '--'?: (string | number)[] }, example: string): string[] {
  const command = (argv['--'] ?? []).map(String);
  if (command.length > 0) return command;
  throw new MayflyError('usage', { cause: 'no command is given', remedy: `put it behind --, for example: ${example}` });
}
