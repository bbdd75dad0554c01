import { z } from 'zod';
import { defaultLimits } from '../limits.js';

/** A module as a command of a worker. The command line has it as JSON, so it holds no secrets: only names of variables. */
export const jobSchema = z.strictObject({
  /** Absolute path of the module's file. */
  module: z.string().startsWith('/'),
  /** SHA-256 of the file, as hex. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  args: z.array(z.string()),
  /** Names of the variables that the module gets of those that the command has. */
  env: z.array(z.string()),
  /** The directory whose files the module gets and changes, relative to the command's own. */
  directory: z.string().min(1).nullable(),
  limits: z.strictObject({
    timeout: z.int().positive(),
    memory: z.number().positive(),
    output: z.int().min(0).default(defaultLimits.output),
    files: z.int().min(0).default(defaultLimits.files),
    entries: z.int().min(0).default(defaultLimits.entries),
  }),
});

export type WasmJob = z.input<typeof jobSchema>;
