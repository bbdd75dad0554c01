import { throwIfInterrupted } from '../interrupted.js';
import type { ChildResult } from './child.js';
import type { Cli, Run } from './cli.js';
import { failed } from './diagnostics.js';

/** Settings for the commands in one directory. */
export interface Calling {
  cli: Cli;
  worker: string;
  run: Run;
  /** Variables added to the environment of all commands. */
  env?: Record<string, string | undefined>;
}

/**
 * Runs a command of the CLI that must succeed. After a Ctrl-C the error is `interrupted`, whatever the exit code.
 *
 * @throws MayflyError `interrupted`, `applier_failed`
 */
export async function must(args: readonly string[], { cli, worker, run, env }: Calling): Promise<ChildResult> {
  throwIfInterrupted(run, worker);
  const result = await cli.run(args, run, env);
  throwIfInterrupted(run, worker);
  if (result.code !== 0) throw failed(args, cli, worker, result);
  return result;
}
