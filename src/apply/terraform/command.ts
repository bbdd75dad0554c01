import { throwIfInterrupted } from '../interrupted.js';
import type { ChildResult } from './child.js';
import type { Cli, Run } from './cli.js';
import { failed } from './diagnostics.js';

/** How the commands of one directory are run. */
export interface Calling {
  cli: Cli;
  worker: string;
  run: Run;
  /** On top of what all are given. */
  env?: Record<string, string | undefined>;
}

/**
 * Runs a command of the CLI that has to succeed. One that Ctrl-C came across has not failed, whatever it says of it.
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
