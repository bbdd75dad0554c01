import type { Terminal } from '../backends/ports/sessions.js';
import { MayflyError } from '../errors.js';

/** @throws MayflyError `usage` when this was not started on a terminal */
export function assertTerminal(): void {
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  throw new MayflyError('usage', {
    place: { path: '--tty' },
    cause: 'standard input or output is no terminal',
    remedy: 'leave -t out; -i alone passes standard input on',
  });
}

/** This process's terminal; with `raw` every key goes to whoever reads it, Ctrl-C too, until it is restored. */
export function openTerminal(raw: boolean): Terminal & { restore(): void } {
  const { stdin, stdout } = process;
  const restore = () => {
    process.off('exit', restore);
    if (raw) stdin.setRawMode(false);
  };
  if (raw) stdin.setRawMode(true);
  // However this process ends, but for KILL.
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
