import { homedir, userInfo } from 'node:os';

/*
 * Who runs this process, where that may not be known: a container may run as a user without an entry in its passwd file, without HOME, in
 * a directory that was deleted.
 */

/** The number of the user, `-1` on a system without such numbers. */
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

/** `null` where neither HOME nor the system's list of users names a home directory. */
export function homeDirectory(env: Record<string, string | undefined>): string | null {
  if (env['HOME']) return env['HOME'];
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}
