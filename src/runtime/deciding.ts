import type { Entry, Environment } from '../backends/ports/entry.js';

/** Of the process: where a user's own files are. */
const common = ['HOME', 'TMPDIR'];

/** The variables of an environment that decide which nodes it leads to. */
export function decidingEnv(entries: readonly Entry[], env: Environment): Record<string, string> {
  return Object.fromEntries([...namesOf(entries)].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** An environment in which those variables are as another process has them: one that it does not have is not set. */
export function asDecided(entries: readonly Entry[], own: Environment, decided: Record<string, string>): Environment {
  const names = namesOf(entries);
  return { ...Object.fromEntries(Object.entries(own).filter(([name]) => !names.has(name))), ...decided };
}

function namesOf(entries: readonly Entry[]): ReadonlySet<string> {
  const own = entries.flatMap(({ settings, deciding }) => [...Object.values(settings).map(({ variable }) => variable), ...deciding]);
  return new Set([...own, ...common]);
}
