/** Variables of a stack that its engine gets, as `MAYFLY_RUN_ID` in its environment. Each is drawn once for a worker, and printed as its access. */
export const engineVariables = ['remote_key', 'self_key', 'run_id', 'group_id'] as const;
export type EngineVariable = (typeof engineVariables)[number];

/** The environment variable in which the engine has one of them. */
export function inEnvironment(variable: EngineVariable): string {
  return `MAYFLY_${variable.toUpperCase()}`;
}

/** Returns the engine variables in an environment. */
export function engineVariablesIn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    engineVariables.flatMap((name) => {
      const value = env[inEnvironment(name)];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
