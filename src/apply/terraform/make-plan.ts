import { MayflyError } from '../../errors.js';
import { type Calling, must } from './command.js';
import type { ShownPlan } from './plan-json.js';

export interface MakePlanOptions {
  /** Path of the CLI's own plan file. */
  file: string;
  /** Whether to lock the state. A copy needs no lock. */
  lock: boolean;
}

/** Runs `plan` in a directory that `makeReady` has prepared. @returns the CLI's plan as JSON */
export async function makePlan({ file, lock }: MakePlanOptions, calling: Calling): Promise<ShownPlan> {
  await must(['plan', '-json', '-input=false', `-lock=${lock}`, `-out=${file}`], calling);
  const { stdout } = await must(['show', '-json', file], calling);
  try {
    return JSON.parse(stdout) as ShownPlan;
  } catch (error) {
    const { cli, worker } = calling;
    // The output is not quoted: it holds the values of all variables.
    throw new MayflyError('applier_failed', {
      place: { path: worker },
      cause: `the output of \`${cli.product} show -json\` is cut short or not JSON`,
      remedy: 'run the same command again',
      error,
    });
  }
}
