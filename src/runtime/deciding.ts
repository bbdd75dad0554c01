import type { Entry, Environment } from '../backends/ports/entry.js';

/** Variables that determine the user's directories. They count for every kind of backend. */
const common = ['HOME', 'TMPDIR'];

/** Returns the variables of an environment that determine its nodes. */
export function decidingEnv(entries: readonly Entry[], env: Environment): Record<string, string> {
  return Object.fromEntries([...namesOf(entries)].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** Returns `own` with another process's determining variables. A variable that is not in `decided` is not set. */
export function asDecided(entries: readonly Entry[], own: Environment, decided: Record<string, string>): Environment {
  const names = namesOf(entries);
  return { ...Object.fromEntries(Object.entries(own).filter(([name]) => !names.has(name))), ...decided };
}

function namesOf(entries: readonly Entry[]): ReadonlySet<string> {
  const own = entries.flatMap(({ settings, deciding }) => [...Object.values(settings).map(({ variable }) => variable), ...deciding]);
  return new Set([...own, ...common]);
}
