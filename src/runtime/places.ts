import { join } from 'node:path';
import { MayflyError } from '../errors.js';
import { homeDirectory, userName } from '../user.js';

type Environment = Record<string, string | undefined>;

/** The directory of the user's settings, by the platform's convention; `null` for a user without a home directory. */
export function configDirectory(env: Environment): string | null {
  const home = homeDirectory(env);
  if (process.platform === 'darwin') return home && join(home, 'Library/Preferences/mayfly');
  if (process.platform === 'win32' && env['APPDATA']) return join(env['APPDATA'], 'mayfly/Config');
  if (env['XDG_CONFIG_HOME']) return join(env['XDG_CONFIG_HOME'], 'mayfly');
  return home && join(home, '.config/mayfly');
}

/** The user's state directory: by XDG_STATE_HOME if set, else by the platform's convention. @throws MayflyError `settings_invalid` */
export function stateDirectory(env: Environment): string {
  if (env['XDG_STATE_HOME']) return join(env['XDG_STATE_HOME'], 'mayfly');
  if (process.platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'mayfly/Data');
  const home = homeDirectory(env);
  if (home) return join(home, process.platform === 'darwin' ? 'Library/Application Support/mayfly' : '.local/state/mayfly');
  throw new MayflyError('settings_invalid', {
    place: { path: 'HOME' },
    cause: `is not set, and the system names no home directory for ${userName()}`,
    remedy: 'set MAYFLY_STATE_DIR to a directory that this user may write to, or set HOME',
  });
}
