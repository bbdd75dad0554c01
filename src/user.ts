import { homedir, userInfo } from 'node:os';

/*
 * The user of this process. Parts may be unknown: in a container the user may have no entry in the passwd file and no HOME, and the current
 * directory may have been deleted.
 */

/** The user's id; `-1` on systems without such ids. */
export function userId(): number {
  return process.getuid?.() ?? -1;
}

export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${userId()}`;
  }
}

/** The home directory; `null` if neither HOME nor the system's list of users names one. */
export function homeDirectory(env: Record<string, string | undefined>): string | null {
  if (env['HOME']) return env['HOME'];
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
