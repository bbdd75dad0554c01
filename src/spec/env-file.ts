import type { Env } from './interpolate.js';

/** A variable's name in a spec, an env file or on the command line. */
export const variableName = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
export const variableNameRule = 'must consist of letters, digits, underscores, dots and dashes, and start with a letter or an underscore';

/** The mistake in a variable. It never holds a value, which may be a secret. */
export interface VariableProblem {
  cause: string;
  remedy: string;
}

/** A variable as `NAME=VALUE`, or as `NAME`, which takes the value from `env`. */
export function parseVariable(text: string, env: Env): [name: string, value: string] | VariableProblem {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  // The name is not shown, because a text without `=` may be a secret.
  if (!variableName.test(name)) return { cause: `a variable's name ${variableNameRule}`, remedy: 'write NAME=VALUE, or NAME' };
  const value = at < 0 ? (Object.hasOwn(env, name) ? env[name] : undefined) : text.slice(at + 1);
  if (value === undefined) return { cause: `the variable ${name} is not set`, remedy: `set ${name}, or write ${name}=VALUE` };
  if (value.includes('\0')) return { cause: `the value of ${name} contains a NUL character`, remedy: 'remove it' };
  return [name, value];
}

/**
 * Parses a file of variables in docker's format: a variable a line, as `parseVariable` takes it. The value is the whole rest of the line,
 * quotes included. Spaces before a name, empty lines and lines that start with `#` are ignored; the last value of a name wins.
 */
export function parseEnvFile(text: string, env: Env): { values: Record<string, string>; problems: (VariableProblem & { line: number })[] } {
  const parsed = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((written, index) => ({ written: written.trimStart(), line: index + 1 }))
    .filter(({ written }) => written !== '' && !written.startsWith('#'))
    .map(({ written, line }) => ({ line, variable: parseVariable(written, env) }));
  return {
    values: Object.fromEntries(parsed.flatMap(({ variable }) => (Array.isArray(variable) ? [variable] : []))),
    problems: parsed.flatMap(({ line, variable }) => (Array.isArray(variable) ? [] : [{ line, ...variable }])),
  };
}
