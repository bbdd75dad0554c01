import * as z from 'zod';
import { MayflyError, type Problem } from '../../errors.js';
import { engineName, everyContainer, type WorkerSpec } from '../../spec/worker-spec.js';
import type { RunCommand } from '../results/run-command.js';
import { duration } from '../settings/fields.js';
import { commandWords, text, variableName } from './fields.js';

/** The command of a new run. */
export const commandDocument = z
  .strictObject({
    argv: commandWords(text.max(131_072)).meta({ description: 'The program and its arguments' }),
    in: z.string().max(63).default(engineName).meta({ description: 'The container that it runs in' }),
    env: z
      .record(variableName.max(256), text.max(131_072))
      .default({})
      .meta({ description: "Variables in addition to the container's. Their values are secrets" }),
    working_dir: text.max(4096).regex(/^\//, 'must be an absolute path').optional(),
    user: text.min(1).max(256).optional().meta({ description: 'A name or a number, or both of user and group: 1000:1000' }),
    timeout: duration({ least: '1s' }).optional().meta({ description: 'The longest time that it may run, such as `10m`' }),
    retry: z
      .boolean()
      .default(false)
      .meta({ description: 'Whether another attempt follows one whose command has failed, up to `attempts`' }),
  })
  .meta({ id: 'Command' });

export const resultsMode = z
  .enum(['auto', 'hold'])
  .optional()
  .meta({ description: '`auto`: results are published at once; `hold`: when they are accepted. Needs `command`' });

/** The command of a run's document. */
export const commandShown = z
  .object({
    argv: z.array(z.string()),
    in: z.string(),
    env: z.record(z.string(), z.string()).meta({ description: 'Without the values' }),
    working_dir: z.string().nullable(),
    user: z.string().nullable(),
    timeout: z.number().nullable().meta({ description: 'Seconds' }),
    retry: z.boolean(),
    results: z.enum(['auto', 'hold']),
    started: z.iso.datetime().nullable().meta({ description: 'Of the current attempt' }),
  })
  .meta({ id: 'RunCommand' });

export interface AskedCommand {
  command?: z.infer<typeof commandDocument> | undefined;
  results?: 'auto' | 'hold' | undefined;
}

/**
 * Checks the command of a request against the request's spec.
 *
 * @param env its variables, as they are stored
 * @throws MayflyError `spec_invalid` with all problems
 */
export function commandOf({ command, results }: AskedCommand, spec: WorkerSpec, env: RunCommand['env']): RunCommand | undefined {
  const problems = problemsOf({ command, results }, spec);
  const [first] = problems;
  if (first) throw new MayflyError('spec_invalid', { ...first, problems });
  if (!command) return undefined;
  const { argv, in: container, working_dir, user, timeout, retry } = command;
  return {
    ...{ container, argv, env, retry, hold: results === 'hold' },
    ...{ workingDir: working_dir ?? null, user: user ?? null, timeout: timeout ?? null },
  };
}

function problemsOf({ command, results }: AskedCommand, spec: WorkerSpec): Problem[] {
  if (!command) {
    const needless = { place: { path: 'results' }, cause: 'needs a `command`', remedy: 'add one, or leave `results` out' };
    return results === undefined ? [] : [needless];
  }
  const names = [engineName, ...everyContainer(spec).map(({ name }) => name)];
  if (names.includes(command.in)) return [];
  return [{ place: { path: 'command.in' }, cause: `the spec has no container ${command.in}`, remedy: `use one of ${names.join(', ')}` }];
}
