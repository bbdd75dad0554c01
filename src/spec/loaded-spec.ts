import type { Problem } from '../errors.js';
import type { Env } from './interpolate.js';
import type { WorkerSpec } from './worker-spec.js';

export interface ParseOptions {
  /** What errors call the file. */
  file: string;
  /** The worker's name as given on the command line: wins over the file's. */
  name?: string | undefined;
  /** The name of a worker whose file has none, of any form: a wrong one is an error. */
  defaultName?: string | undefined;
  env: Env;
  /** It stands beside others in a file: only its own name will do. */
  oneOfSeveral?: boolean;
  /** Absolute path that `file:PATH` secrets are relative to. */
  directory: string;
}

export interface LoadedSpec {
  spec: WorkerSpec;
  /** In the order of the file; nothing refuses them. */
  warnings: Problem[];
}
