import type { Backend } from '../backends/ports/backend.js';
import type { Sessions } from '../backends/ports/sessions.js';
import { MayflyError } from '../errors.js';

/** The port for commands and files in a backend's workers. @throws MayflyError `usage` with the reason where the backend has none */
export function sessionsOf({ name, sessions, capabilities }: Pick<Backend, 'name' | 'sessions' | 'capabilities'>): Sessions {
  if (sessions) return sessions;
  throw new MayflyError('usage', {
    place: { path: name },
    cause: `this backend cannot run commands in a worker or copy files: ${capabilities.sessions.says}`,
    remedy: "make it the engine's command and use `mayfly apply` and `mayfly wait`, or name another backend",
  });
}
