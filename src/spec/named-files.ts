import { resolve } from 'node:path';
import { parseEnvFile } from './env-file.js';
import type { ParseOptions } from './loaded-spec.js';
import type { Path } from './path.js';
import type { SpecProblem } from './rules.js';
import type { SpecFile } from './schema.js';

const maxEnvFile = 2 ** 20;

/** A part of a spec that may name files: the engine or a container. */
interface Part {
  path: Path;
  env_file: string[];
}

/** The variables of a spec's env files, by container. */
export interface NamedFiles {
  /** Variables of the part at this path. Their values may be secret. */
  envOf(path: Path): Record<string, string>;
  problems: SpecProblem[];
}

/** Reads the files that a spec names. Paths are relative to the spec file. */
export function readNamedFiles(file: SpecFile, options: ParseOptions): NamedFiles {
  const problems: SpecProblem[] = [];
  const envs = new Map(
    partsOf(file).map(({ path, env_file }) => {
      const read = env_file.map((name, index) =>
        readEnvFile(name, options, env_file.length > 1 ? [...path, 'env_file', index] : [...path, 'env_file']),
      );
      problems.push(...read.flatMap((one) => one.problems));
      return [JSON.stringify(path), Object.assign({}, ...read.map(({ values }) => values)) as Record<string, string>];
    }),
  );
  return { envOf: (path) => envs.get(JSON.stringify(path)) ?? {}, problems };
}

function partsOf({ engine, containers, service_containers }: SpecFile): Part[] {
  return [
    ...(engine && engine !== 'idle' ? [{ path: ['engine'], ...engine }] : []),
    ...containers.map((one, index) => ({ path: ['containers', index], ...one })),
    ...service_containers.map((one, index) => ({ path: ['service_containers', index], ...one })),
  ];
}

function readEnvFile(
  name: string,
  { directory, env, readFile }: ParseOptions,
  path: Path,
): { values: Record<string, string>; problems: SpecProblem[] } {
  const bytes = readFile?.(resolve(directory, name), maxEnvFile) ?? noFiles;
  if (!(bytes instanceof Uint8Array)) return { values: {}, problems: [{ path, cause: `${name} ${bytes.cause}`, remedy: bytes.remedy }] };
  const { values, problems } = parseEnvFile(new TextDecoder().decode(bytes), env);
  return { values, problems: problems.map(({ line, cause, remedy }) => ({ path, cause: `${name}:${line}: ${cause}`, remedy })) };
}

const noFiles = { cause: 'cannot be read, because this spec comes from another machine', remedy: 'write its content into the spec' };
