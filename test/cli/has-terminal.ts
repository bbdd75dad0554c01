import { execFileSync } from 'node:child_process';

/** `script` gives a command a terminal of its own. */
export function hasTerminal(): boolean {
  try {
    execFileSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
