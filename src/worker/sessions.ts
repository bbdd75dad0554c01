import type { Backend } from '../backends/ports/backend.js';
import type { Sessions } from '../backends/ports/sessions.js';
import { MayflyError } from '../errors.js';

/** Commands and files in a backend's workers. @throws MayflyError `usage` where the backend has none, with the reason */
export function sessionsOf({ name, sessions, capabilities }: Pick<Backend, 'name' | 'sessions' | 'capabilities'>): Sessions {
  if (sessions) return sessions;
  throw new MayflyError('usage', {
    place: { path: name },
    cause: `no command can be run in a worker there, and no file copied: ${capabilities.sessions.says}`,
    remedy: 'make it the command of the engine, with `mayfly apply` and `mayfly wait`, or name another backend',
  });
}
