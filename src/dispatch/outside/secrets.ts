import { type Path, setAt, valueAt } from '../../spec/path.js';
import type { WorkerSpec } from '../../spec/worker-spec.js';

/** Secret values of a spec by their JSON Pointers, such as `/engine/env/TOKEN`. */
export type SpecSecrets = Readonly<Record<string, string>>;

export interface Split {
  /** The spec with a placeholder for each secret value. */
  shown: WorkerSpec;
  secrets: SpecSecrets;
}

/** Stands in the shown part for a secret. */
export const placeholder = '(secret)';

/** Splits a spec: secrets are the values of `env`, the contents of `files`, inline pull secrets and the request's key. */
export function splitSecrets(spec: WorkerSpec): Split {
  const shown = structuredClone(spec);
  const secrets: Record<string, string> = {};
  for (const path of placesOf(spec)) {
    secrets[pointerOf(path)] = valueAt(spec, path) as string;
    setAt(shown, path, placeholder);
  }
  return { shown, secrets };
}

/** The spec that `splitSecrets` has split. */
export function joinSecrets({ shown, secrets }: Split): WorkerSpec {
  const spec = structuredClone(shown);
  for (const [pointer, value] of Object.entries(secrets)) setAt(spec, pathOf(pointer), value);
  return spec;
}

/** Variables of a command, by their names. */
export type Env = Readonly<Record<string, string>>;

/** The pointers of a command's variables begin with it. No field of a spec has this name. */
const commandEnv = '/command/env/';

/** Splits the variables of a command: all of their values are secrets. */
export function splitEnv(env: Env): { shownEnv: Env; secrets: SpecSecrets } {
  const names = Object.keys(env);
  return {
    shownEnv: Object.fromEntries(names.map((name) => [name, placeholder])),
    secrets: Object.fromEntries(names.map((name) => [`${commandEnv}${name}`, env[name]!])),
  };
}

/** The variables that `splitEnv` has split. */
export function joinEnv(shown: Env, secrets: SpecSecrets): Env {
  return Object.fromEntries(Object.keys(shown).map((name) => [name, secrets[`${commandEnv}${name}`]!]));
}

/** The secrets of the spec alone. */
export function ofSpec(secrets: SpecSecrets): SpecSecrets {
  return Object.fromEntries(Object.entries(secrets).filter(([pointer]) => !pointer.startsWith(commandEnv)));
}

function placesOf(spec: WorkerSpec): Path[] {
  const lists = (['containers', 'service_containers'] as const).flatMap((list) =>
    spec[list].map((part, index) => ({ at: [list, index] as Path, part })),
  );
  const parts = [...(spec.engine ? [{ at: ['engine'], part: spec.engine }] : []), ...lists];
  return [
    ...(spec.self_key === null ? [] : [['self_key']]),
    ...parts.flatMap(({ at, part: { env, files, pull_secret } }) => [
      ...Object.keys(env).map((name) => [...at, 'env', name]),
      ...files.map((_, index) => [...at, 'files', index, 'content']),
      ...(pull_secret?.from === 'inline' ? [[...at, 'pull_secret', 'json']] : []),
    ]),
  ];
}

function pointerOf(path: Path): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function pathOf(pointer: string): Path {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
