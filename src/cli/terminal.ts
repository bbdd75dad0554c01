import type { Terminal } from '../backends/ports/sessions.js';
import { MayflyError } from '../errors.js';

/** @throws MayflyError `usage` if standard input or output is not a terminal */
export function assertTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new MayflyError('usage', {
    place: { path: '--tty' },
    cause: 'standard input or output is not a terminal',
    remedy: 'leave out -t; -i alone passes standard input to the command',
  });
}

/** This process's terminal. With `raw`, each key goes to the reader of standard input, Ctrl-C too, until `restore`. */
export function openTerminal(raw: boolean): Terminal & { restore(): void } {
  const { stdin, stdout } = process;
  const restore = () => {
    process.off('exit', restore);
    if (raw) stdin.setRawMode(false);
  };
  if (raw) stdin.setRawMode(true);
  // At each end of this process except KILL.
  process.on('exit', restore);
  return {
    size: () => ({ rows: stdout.rows ?? 0, columns: stdout.columns ?? 0 }),
    onResize(changed) {
      stdout.on('resize', changed);
      return () => stdout.off('resize', changed);
    },
    restore,
  };
}
