import type { Problem } from '../errors.js';
import type { Env } from './interpolate.js';
import type { ReadSmall } from './read-small.js';
import type { WorkerSpec } from './worker-spec.js';

export interface ParseOptions {
  /** The file's name in errors. */
  file: string;
  /** The worker's name from the command line: replaces the file's name. */
  name?: string | undefined;
  /** The worker's name if the spec has none. It may be invalid; that is then reported as a problem. */
  defaultName?: string | undefined;
  env: Env;
  /** The kinds of backends that exist. Absent: any name is accepted. */
  backends?: readonly string[] | undefined;
  /** The spec is one of several in a file, and must have its own name. */
  oneOfSeveral?: boolean;
  /** Absolute path that the paths in the spec are relative to. */
  directory: string;
  /** Reads the files that the spec names. Absent: a spec that names files is refused. */
  readFile?: ReadSmall;
  /** See `SourceOptions`. */
  realPath?: (path: string) => string | null;
}

export interface LoadedSpec {
  spec: WorkerSpec;
  /** In the file's order. No command refuses them. */
  warnings: Problem[];
}
