import { resolve } from 'node:path';
import { parseEnvFile } from './env-file.js';
import type { ParseOptions } from './loaded-spec.js';
import type { Path } from './path.js';
import type { SpecProblem } from './rules.js';
import type { SpecFile } from './schema.js';
import type { FileSpec } from './worker-spec.js';

const maxEnvFile = 2 ** 20;
/** Bytes of one file that is put into a container, and of all of a spec: the stack and the state hold them. */
const maxFile = 2 ** 20;
const maxFiles = 10 * maxFile;

/** A part of a spec that may name files: the engine or a container. */
interface Part {
  path: Path;
  env_file: string[];
  files: SpecFile['containers'][number]['files'];
}

/** The content of the files that a spec names, by container. */
export interface NamedFiles {
  /** Variables of the part at this path. Their values may be secret. */
  envOf(path: Path): Record<string, string>;
  /** Files to put into the part at this path. */
  filesOf(path: Path): FileSpec[];
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
  const files = new Map(
    partsOf(file).map((part) => [
      JSON.stringify(part.path),
      part.files.flatMap(({ to, content, from, mode, owner }, index) => {
        const path = [...part.path, 'files', index];
        const bytes = from === null ? Buffer.from(content ?? '') : readContent(from, options, [...path, 'from']);
        if (bytes instanceof Uint8Array) return [{ to, content: Buffer.from(bytes).toString('base64'), mode, owner }];
        problems.push(bytes);
        return [];
      }),
    ]),
  );
  const total = [...files.values()].flat().reduce((sum, { content }) => sum + Buffer.byteLength(content, 'base64'), 0);
  if (total > maxFiles) problems.push({ path: [], cause: 'its files are larger than 10 MB in all', remedy: useCopy });
  const at =
    <T>(all: ReadonlyMap<string, T>, none: T) =>
    (path: Path) =>
      all.get(JSON.stringify(path)) ?? none;
  return { envOf: at(envs, {}), filesOf: at(files, []), problems };
}

const useCopy = 'use `copy` for large files';

function readContent(name: string, { directory, readFile }: ParseOptions, path: Path): Uint8Array | SpecProblem {
  const bytes = readFile?.(resolve(directory, name), maxFile) ?? noFiles;
  if (!(bytes instanceof Uint8Array))
    return { path, cause: `${name} ${bytes.cause}`, remedy: bytes.cause.includes('larger') ? useCopy : bytes.remedy };
  return bytes.length > 0
    ? bytes
    : { path, cause: `${name} is empty`, remedy: 'the provider of Terraform puts no empty files: write a line into it' };
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
